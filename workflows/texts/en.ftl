### Words that all life events share, in English.

## How a step stands

state-blocked = Cannot be started yet
state-ready = Ready to start
state-draft = Started, not sent
state-submitted = Sent
state-received = Received by the agency
state-in-progress = Being handled
state-waiting-for-applicant = Waiting for you
state-waiting-for-other = Waiting for someone else
state-decided = Decided
state-in-execution = Being carried out
state-done = Done
state-withdrawn = Withdrawn
state-not-needed = Not needed
state-failed-delivery = Could not be delivered
state-unknown = Status unknown
state-unknown-since = Status unknown since {$day}

## Whose turn it is

turn-applicant = Your turn
turn-agency = The agency's turn
turn-other-agency = Another agency's turn
turn-co-party = The other party's turn
turn-helper = The helper's turn
turn-nobody = Nobody needs to act

## What was decided

outcome-none = No decision yet
outcome-approved = Approved
outcome-partly-approved = Partly approved
outcome-rejected = Rejected
outcome-dismissed = Dismissed, not examined
outcome-closed-without-decision = Closed without a decision
outcome-no-decision-needed = Registered, no decision needed

## Appeals

appeal-not-appealable = Cannot be appealed
appeal-open = Can be appealed now
appeal-late = The time to appeal has ended
appeal-lodged = Appealed
appeal-timeliness-check = The agency checks if it came in time
appeal-forwarded = Sent to the court
appeal-decided-upheld = The court upheld the decision
appeal-decided-changed = The court changed the decision
appeal-remitted = Sent back to the agency
appeal-final = The decision is final
appeal-route-none = The decision cannot be appealed.
appeal-route-administrative-court = You can appeal to the administrative court. Send the appeal to the agency that decided, within three weeks of getting the decision.
appeal-route-county-board = You can appeal to the county administrative board. Send the appeal to the one who decided, within three weeks of getting the decision.
appeal-route-reconsideration = You can first ask the agency to reconsider, that is, to look at the decision again. That decision can then be appealed.
appeal-route-legality-review = A member of the municipality can have the lawfulness of the decision tried, within three weeks of its being shown on the municipality's notice board.
appeal-route-general-court = The decision can be tried by a court. The agency writes how in the decision.

## Carrying out a decision

execution-not-applicable = Nothing to carry out
execution-pending = Not carried out yet
execution-offered = There is an offer, answer
execution-declined-offer = You declined
execution-partly = Partly carried out
execution-executed = Carried out
execution-interrupted = Interrupted
execution-reported-to-ivo = Reported as not carried out

## Why a step is as it is

reason-condition = From your answers the step seems not to be needed. You can still add it.
reason-need-gone = What the step waited for will not happen.
reason-clock-ended = The time has passed.
reason-fact-ended = The step is no longer needed.
reason-withdrawn-unsent = You took it back before it was sent.
reason-withdrawn-and-closed = You withdrew and the agency has closed the matter.
reason-agency-failed = The agency could not perform the step.
reason-case-withdrawn = You withdrew everything.
reason-settled = The law settled it without a decision.
reason-undelivered-silent = The agency has not answered. We try again.
reason-undelivered-unreachable = The agency's system cannot be reached right now. We try again.
reason-undelivered-garbage = The agency's answer could not be understood, so nobody knows how it stands. We look into it.
reason-undelivered-refused = The agency's system did not accept what we sent. We look into it.
reason-protected = Nothing is sent until you approve it yourself.
reason-blocked = Waits for something that must happen first.

## The whole

roll-up-attention = You need to act
roll-up-waiting = Under way
roll-up-done = Done
headline-attention = This you need to do: {$step}.
headline-attention-by = This you need to do by {$day}: {$step}.
headline-attention-passed = This should have been done by {$day}: {$step}.
headline-co-party = It is the other party's turn now: {$step}.
headline-helper = Now it is the helper's turn: {$step}.
headline-waiting = You need not do anything now. {$agency} has: {$step}.
headline-waiting-for-fact = You need not do anything now.
headline-optional = Nothing is urgent. When you like you can do: {$step}.
headline-unknown = We do not know how this stands: {$step}. All else is shown as usual.
headline-done = All that must be done is done.
headline-nothing-left = Nothing more must be done.
headline-unfulfilled = This had no result: {$steps}.
headline-may-appeal = You did not get what you asked for: {$step}. You can appeal by {$day}.
headline-draft = Nothing is sent yet. The draft is kept until {$day}.
headline-ended-completed = Everything is done.
headline-ended-decided = Everything is decided.
headline-ended-withdrawn = You have withdrawn this.
headline-ended-cannot-continue = It could not be carried through.
headline-ended-closed-by-fact = This is closed. You need not do anything.
headline-ended-draft-expired = The draft was not sent and has been removed.
headline-grief = We are sorry for your loss. You need not do anything today. Here is someone to talk to.
stage-draft = Draft
stage-open = Open
stage-ended = Ended
end-completed = Completed
end-withdrawn = Withdrawn
end-cannot-continue = Cannot be carried through
end-closed-by-fact = Closed
end-draft-expired = The draft was never sent

## Agencies and kinds of steps

level-state = State
level-region = Region
level-municipality = Municipality
level-provider = Private provider
kind-apply = Application
kind-notify = Notification
kind-automatic = Happens without you doing anything
kind-sign = Signature
kind-book = Booking
kind-pay = Payment
kind-information = Good to know
kind-external = You do it yourself
role-applicant = Applicant
role-co-party = The other party
role-subject = The one it concerns
masked-agency = The agency
masked-place = Not shown
masked-text = This is protected.
child-number = Child {$number}
subject-number = Number {$number}
child-expected = Expected
child-born = Born {$day}
child-stillborn = Stillborn {$day}
child-dead = Died {$day}

## The right to act for somebody

mandate-power-of-attorney = Power of attorney
mandate-future-power-of-attorney = Lasting power of attorney
mandate-kinship = Authority as next of kin
mandate-god-man = God man (legal guardian)
mandate-forvaltare = Förvaltare (administrator)
mandate-guardian = Guardian of a child

## Clocks

clock-kind-chance = Your time
clock-kind-statutory = The agency's time by law
clock-kind-own = A time that we watch
clock-kind-appeal = Time to appeal
clock-kind-price = What waiting costs
clock-state-running = Running
clock-state-met = In time
clock-state-passed = Has passed
clock-state-stopped = No longer applies
clock-last-day = Last day {$day}
roll-over-yes = If the day falls on a holiday, the next working day is enough.
roll-over-no = The day does not move, even if it is a holiday.
roll-over-unclear = Do not count on the day moving if it is a holiday.
consequence-closes = After that this way is closed.
consequence-overdue = After that the agency is late.
consequence-warns = After that it may cost you something.
consequence-settles = After that the law settles it.
holder-applicant = Your time
holder-agency = The agency's time

## What a step waits for

need-filed = that {$step} is sent
need-arrived = that {$step} has arrived
need-decided = that {$step} is decided
need-approved = that {$step} is done
need-executed = that {$step} is carried out
need-lapsed = that {$step} does not come about
need-joined = that {$role} has joined
need-clock = that the time for {$step} ends
need-or = or
need-every = {$need}, for each one
need-for-to-file = Needed before it can be sent
need-for-to-be-complete = Can be added later
need-for-to-take-effect = Needed for the decision to take effect
need-met = Met
need-waiting = Waiting
need-gone = Will not happen
fact-birth = that the child is born
fact-stillbirth = that the child is stillborn
fact-homecoming = that the child has come home
fact-death = a death
fact-move = a move to another municipality
fact-paid = that the fee is paid
fact-admission = that the person is admitted to hospital
fact-ready-for-discharge = that the person is ready to leave hospital
fact-discharge = that the person has left hospital
fact-permit-revoked = that the permit is revoked

## Where a status comes from

source-case = From here
source-agency = From {$agency}
source-fact = From a register
source-clock = Because time passed
as-of = As of {$day}
stale = This is old and may have changed.
agency-words = The agency's own words

## Arrival

arrival-here = Arrived at the agency on {$day}
arrival-not-yet = Sent, but not yet confirmed by the agency
arrival-other-way = If time is short you can hand it in another way, directly to the agency.

## Withdrawing and adding

withdrawal-agency-closes = You can withdraw. The agency then closes the matter.
withdrawal-goes-on = This cannot be withdrawn. It goes on by law.
add-step = Add the step anyway

## Disclosure grounds

ground-public = The fact is public
ground-duty = The law requires it to be passed on
ground-rule = A certain rule allows it
ground-carried-by-party = You hand it over yourself

## What has happened

event-request-accepted = The request was accepted
event-draft-saved = The draft was saved
event-draft-expired = The draft was removed
event-case-created = You told us what has happened
event-child-expected = A child is expected
event-subject-known = Something more is now included
event-party-joined = A person joined
event-contact-changed = You changed how you want to be told
event-notice-told = We wrote to you that there is something new
notice-sent = sent
notice-delivered = arrived
notice-bounced = there is no such address
notice-refused = it was not taken
notice-unreachable = nobody answered
notice-no-channel = there was no way to reach you
notice-seen = not needed, you had looked already
notice-not-wanted = not needed, you did not want to be told any more
event-step-planned = The step is in the plan
event-step-opened = The step can be started
event-step-added = You added the step
event-input-given = Details were given
event-step-filed = Sent to {$agency}
event-step-retried = Sent again to {$agency}
event-supplement-sent = What was missing was sent
event-arrived = Arrived at the agency
event-progress-reported = The agency told how it stands
event-supplement-asked = The agency asks for something
event-offer-made = The agency makes an offer
event-payment-asked = The agency asks for payment
event-decision-recorded = A decision was made
event-step-completed = Done
event-execution-moved = The agency told how the decision is being carried out
event-appeal-moved = The appeal has moved on
event-step-failed = The agency could not perform the step
event-undelivered = Could not be delivered
event-handed-to-inbox = Put in the agency's inbox
event-report-kept = A late report was kept
event-clock-started = A time began to run
event-clock-met = Done in time
event-clock-stopped = A time no longer applies
event-clock-passed = A time has passed
event-fact-reported = Something has happened
event-step-done-by-fact = Done
event-step-not-needed = Not needed
event-step-settled = Settled by law
event-withdrawal-sent = The withdrawal was sent
event-step-withdrawn = Withdrawn
event-case-withdrawn = You withdrew everything
event-case-ended = Ended
