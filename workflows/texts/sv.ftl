### Ord som alla livshändelser delar, på svenska.

## Hur ett steg står till

state-blocked = Kan inte påbörjas än
state-ready = Redo att påbörja
state-draft = Påbörjad, ej inskickad
state-submitted = Inskickad
state-received = Mottagen av myndigheten
state-in-progress = Handläggs
state-waiting-for-applicant = Vi väntar på dig
state-waiting-for-other = Väntar på annan
state-decided = Beslut fattat
state-in-execution = Beslutet genomförs
state-done = Klart
state-withdrawn = Återkallad
state-not-needed = Behövs inte
state-failed-delivery = Kunde inte levereras
state-unknown = Status okänd
state-unknown-since = Status okänd sedan {$day}

## Vems tur det är

turn-applicant = Din tur
turn-agency = Myndighetens tur
turn-other-agency = En annan myndighets tur
turn-co-party = Den andra partens tur
turn-helper = Hjälparens tur
turn-nobody = Ingen behöver göra något

## Vad som beslutades

outcome-none = Inget beslut än
outcome-approved = Bifall
outcome-partly-approved = Delvis bifall
outcome-rejected = Avslag
outcome-dismissed = Avvisad, prövas inte
outcome-closed-without-decision = Avslutat utan beslut
outcome-no-decision-needed = Registrerat, inget beslut behövs

## Överklagande

appeal-not-appealable = Kan inte överklagas
appeal-open = Kan överklagas nu
appeal-late = Tiden att överklaga har gått ut
appeal-lodged = Överklagat
appeal-timeliness-check = Myndigheten ser om det kom i tid
appeal-forwarded = Skickat till domstolen
appeal-decided-upheld = Domstolen ändrade inte beslutet
appeal-decided-changed = Domstolen ändrade beslutet
appeal-remitted = Ska prövas på nytt av myndigheten
appeal-final = Beslutet gäller slutligt
appeal-route-none = Beslutet kan inte överklagas.
appeal-route-administrative-court = Du kan överklaga till förvaltningsrätten. Skicka överklagandet till myndigheten som beslutade, inom tre veckor från det att du fick beslutet.
appeal-route-county-board = Du kan överklaga till länsstyrelsen. Skicka överklagandet till den som beslutade, inom tre veckor från det att du fick beslutet.
appeal-route-reconsideration = Du kan först be myndigheten att ompröva beslutet, det vill säga se på det igen. Det beslutet kan du sedan överklaga.
appeal-route-legality-review = Den som är medlem i kommunen kan få prövat om beslutet är lagligt. Det ska ske inom tre veckor från det att beslutet visades på kommunens anslagstavla.
appeal-route-general-court = En domstol kan pröva beslutet. Hur du gör står i beslutet från myndigheten.

## Att genomföra ett beslut

execution-not-applicable = Inget att genomföra
execution-pending = Inte genomfört än
execution-offered = Erbjudande finns, svara
execution-declined-offer = Du tackade nej
execution-partly = Delvis genomfört
execution-executed = Genomfört
execution-interrupted = Avbrutet
execution-reported-to-ivo = Anmält som inte genomfört

## Varför ett steg är som det är

reason-condition = Utifrån dina svar verkar steget inte behövas. Du kan ändå ta med det.
reason-need-gone = Det som steget väntade på blir inte av.
reason-clock-ended = Tiden har gått ut.
reason-fact-ended = Steget behövs inte längre.
reason-withdrawn-unsent = Du tog tillbaka det innan det skickades.
reason-withdrawn-and-closed = Du återkallade och myndigheten har avslutat ärendet.
reason-agency-failed = Myndigheten kunde inte utföra steget.
reason-case-withdrawn = Du återkallade allt.
reason-settled = Lagen avgjorde utan beslut.
reason-undelivered-silent = Myndigheten har inte svarat. Vi försöker igen.
reason-undelivered-unreachable = Myndighetens system går inte att nå just nu. Vi försöker igen.
reason-undelivered-garbage = Myndighetens svar gick inte att förstå, så ingen vet hur det står till. Vi utreder.
reason-undelivered-refused = Myndighetens system tog inte emot det vi skickade. Vi utreder.
reason-protected = Inget skickas förrän du själv godkänner det.
reason-blocked = Väntar på något som måste ske först.

## Helheten

roll-up-attention = Du behöver göra något
roll-up-waiting = Pågår
roll-up-done = Klart
headline-attention = Det här behöver du göra: {$step}.
headline-attention-by = Det här behöver du göra senast {$day}: {$step}.
headline-attention-passed = Det här skulle ha gjorts senast {$day}: {$step}.
headline-co-party = Nu är det den andra partens tur: {$step}.
headline-helper = Nu är det hjälparens tur: {$step}.
headline-waiting = Du behöver inte göra något nu. {$agency} har: {$step}.
headline-waiting-for-fact = Du behöver inte göra något nu.
headline-optional = Inget brådskar. När du vill kan du göra: {$step}.
headline-unknown = Vi vet inte hur det står till med: {$step}. Allt annat visas som vanligt.
headline-done = Allt som måste göras är gjort.
headline-nothing-left = Inget mer måste göras.
headline-unfulfilled = Det här gav inget resultat: {$steps}.
headline-may-appeal = Du fick inte det du bad om: {$step}. Du kan överklaga senast {$day}.
headline-draft = Inget är inskickat än. Utkastet sparas till {$day}.
headline-ended-completed = Allt är klart.
headline-ended-decided = Allt är avgjort.
headline-ended-withdrawn = Du har återkallat det här.
headline-ended-cannot-continue = Det gick inte att fullfölja.
headline-ended-closed-by-fact = Det här är avslutat. Du behöver inte göra något.
headline-ended-draft-expired = Utkastet skickades inte och är borttaget.
headline-grief = Vi beklagar sorgen. Du behöver inte göra något i dag. Här finns någon att tala med.
stage-draft = Utkast
stage-open = Pågår
stage-ended = Avslutat
end-completed = Klart
end-withdrawn = Återkallat
end-cannot-continue = Kan inte fullföljas
end-closed-by-fact = Avslutat
end-draft-expired = Utkastet skickades inte

## Myndigheter och slag av steg

level-state = Stat
level-region = Region
level-municipality = Kommun
level-provider = Privat utförare
kind-apply = Ansökan
kind-notify = Anmälan
kind-automatic = Sker utan att du gör något
kind-sign = Underskrift
kind-book = Bokning
kind-pay = Betalning
kind-information = Bra att veta
kind-external = Gör du själv
role-applicant = Sökande
role-co-party = Den andra parten
role-subject = Den som det gäller
masked-agency = Myndigheten
masked-place = Visas inte
masked-text = Uppgiften är skyddad.
child-number = Barn {$number}
subject-number = Nummer {$number}
child-expected = Väntas
child-born = Fött {$day}
child-stillborn = Dödfött {$day}
child-dead = Avlidet {$day}

## Rätt att företräda någon

mandate-power-of-attorney = Fullmakt
mandate-future-power-of-attorney = Framtidsfullmakt
mandate-kinship = Behörighet som anhörig
mandate-god-man = God man
mandate-forvaltare = Förvaltare
mandate-guardian = Vårdnadshavare

## Tider

clock-kind-chance = Din tid
clock-kind-statutory = Myndighetens tid enligt lag
clock-kind-own = Tid som vi bevakar
clock-kind-appeal = Tid att överklaga
clock-kind-price = Vad det kostar att vänta
clock-state-running = Löper
clock-state-met = I tid
clock-state-passed = Har gått ut
clock-state-stopped = Gäller inte längre
clock-last-day = Sista dag {$day}
roll-over-yes = Infaller dagen på en helg räcker nästa vardag.
roll-over-no = Dagen flyttas inte, även om den är en helgdag.
roll-over-unclear = Räkna inte med att dagen flyttas om den är en helgdag.
consequence-closes = Sedan är den vägen stängd.
consequence-overdue = Sedan är myndigheten sen.
consequence-warns = Sedan kan det kosta dig något.
consequence-settles = Sedan avgör lagen.
holder-applicant = Din tid
holder-agency = Myndighetens tid

## Vad ett steg väntar på

need-filed = att {$step} är inskickat
need-arrived = att {$step} har kommit in
need-decided = att {$step} är beslutat
need-approved = att {$step} är klart
need-executed = att {$step} är genomfört
need-lapsed = att {$step} inte blir av
need-joined = att {$role} är med
need-clock = att tiden för {$step} går ut
need-or = eller
need-every = {$need}, för var och en
need-for-to-file = Behövs innan det går att skicka in
need-for-to-be-complete = Kan kompletteras senare
need-for-to-take-effect = Behövs för att beslutet ska gälla
need-met = Uppfyllt
need-waiting = Väntar
need-gone = Blir inte av
fact-birth = att barnet är fött
fact-stillbirth = att barnet är dödfött
fact-homecoming = att barnet har kommit hem
fact-death = ett dödsfall
fact-move = en flytt till en annan kommun
fact-paid = att avgiften är betald
fact-admission = att den det gäller är inskriven på sjukhus
fact-ready-for-discharge = att den det gäller är klar att lämna sjukhuset
fact-discharge = att den det gäller har lämnat sjukhuset
fact-permit-revoked = att tillståndet är återkallat

## Var en status kommer ifrån

source-case = Härifrån
source-agency = Från {$agency}
source-fact = Från ett register
source-clock = För att tiden gick
as-of = Gällde {$day}
stale = Uppgiften är gammal och kan ha ändrats.
agency-words = Myndighetens egna ord

## Inkommen

arrival-here = Har kommit in till myndigheten {$day}
arrival-not-yet = Inskickat, men inte bekräftat av myndigheten än
arrival-other-way = Räcker inte tiden kan du lämna in på annat sätt, direkt till myndigheten.

## Återkalla och lägga till

withdrawal-agency-closes = Du kan dra tillbaka det här. Sedan är det myndigheten som avslutar ditt ärende.
withdrawal-goes-on = Det här går inte att återkalla. Det fortsätter enligt lag.
add-step = Ta med steget ändå

## Grunder för att lämna ut uppgifter

ground-public = Uppgiften är offentlig
ground-duty = Lagen kräver att uppgiften lämnas
ground-rule = En särskild regel tillåter det
ground-carried-by-party = Du lämnar uppgiften själv

## Det som har hänt

event-request-accepted = Begäran togs emot
event-draft-saved = Utkastet sparades
event-draft-expired = Utkastet togs bort
event-case-created = Du berättade vad som har hänt
event-child-expected = Ett barn väntas
event-subject-known = Något fler finns nu med
event-party-joined = En person kom med
event-contact-changed = Du ändrade hur du vill få besked
event-notice-told = Vi skrev till dig att det finns något nytt
notice-sent = skickat
notice-delivered = framme
notice-bounced = adressen finns inte
notice-refused = togs inte emot
notice-unreachable = gick inte att nå
notice-no-channel = det fanns inget sätt att nå dig
notice-seen = behövdes inte, du hade redan tittat
notice-not-wanted = behövdes inte, du ville inte längre få besked
event-step-planned = Steget finns med i planen
event-step-opened = Steget kan påbörjas
event-step-added = Du tog med steget
event-input-given = Uppgifter lämnades
event-step-filed = Inskickat till {$agency}
event-step-retried = Skickat igen till {$agency}
event-supplement-sent = Kompletteringen skickades
event-arrived = Har kommit in till myndigheten
event-progress-reported = Myndigheten berättade hur det går
event-supplement-asked = Myndigheten ber om något
event-offer-made = Myndigheten erbjuder något
event-payment-asked = Myndigheten ber om betalning
event-decision-recorded = Beslut fattat
event-step-completed = Klart
event-execution-moved = Myndigheten berättade hur det går att genomföra beslutet
event-appeal-moved = Överklagandet har gått vidare
event-step-failed = Myndigheten kunde inte utföra steget
event-undelivered = Kunde inte levereras
event-handed-to-inbox = Lades i myndighetens inkorg
event-report-kept = Ett sent besked sparades
event-clock-started = En tid började löpa
event-clock-met = Gjort i tid
event-clock-stopped = En tid gäller inte längre
event-clock-passed = En tid har gått ut
event-fact-reported = Något har hänt
event-step-done-by-fact = Klart
event-step-not-needed = Behövs inte
event-step-settled = Avgjort enligt lag
event-withdrawal-sent = Återkallelsen skickades
event-step-withdrawn = Återkallad
event-case-withdrawn = Du återkallade allt
event-case-ended = Avslutat
