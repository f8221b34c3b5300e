//! The life events that are built in. A test compares the lists with the folders.

use crate::bundle::Files;

/// Names of the life events that are built in.
pub(crate) const NAMES: &[&str] = &["first-child", "parent-to-elderly-care", "starting-a-business"];

macro_rules! files {
    ($folder:literal: $($path:literal,)*) => {
        [$(($path, include_str!(concat!("../", $folder, "/", $path)))),*]
    };
}

/// The files of a life event that is built in, as they stood when the program was built.
pub(crate) fn files(life_event: &str) -> Option<Files> {
    let files = match life_event {
        "first-child" => FIRST_CHILD,
        "parent-to-elderly-care" => PARENT_TO_ELDERLY_CARE,
        "starting-a-business" => STARTING_A_BUSINESS,
        _ => return None,
    };
    Some(files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect())
}

/// The texts that all life events share.
pub(crate) fn shared_texts(language: &str) -> &'static str {
    match language {
        "sv" => include_str!("../texts/sv.ftl"),
        "en" => include_str!("../texts/en.ftl"),
        _ => "",
    }
}

const FIRST_CHILD: &[(&str, &str)] = &files![
    "first-child":
    "definition.toml",
    "forms/employer-notice.schema.json",
    "forms/first-child.schema.json",
    "forms/grief-days.schema.json",
    "forms/midwife-enrolment.schema.json",
    "forms/name.schema.json",
    "forms/parental-benefit.schema.json",
    "forms/parenthood-before-birth.schema.json",
    "forms/pregnancy-certificate.schema.json",
    "forms/preschool-wish.schema.json",
    "forms/ten-days.schema.json",
    "samples/coordination-number-in-lindesberg.json",
    "samples/protected-mother.json",
    "samples/twins-in-goteborg.json",
    "samples/two-mothers-in-uppsala.json",
    "samples/unmarried-in-linkoping.json",
    "texts/en.ftl",
    "texts/sv.ftl",
    "variations/falun.toml",
    "variations/karlshamn.toml",
    "variations/linkoping.toml",
    "variations/soderhamn.toml",
];

const PARENT_TO_ELDERLY_CARE: &[(&str, &str)] = &files![
    "parent-to-elderly-care":
    "definition.toml",
    "forms/appeal-help.schema.json",
    "forms/care-fee-elsewhere.schema.json",
    "forms/care-fee.schema.json",
    "forms/care-home-elsewhere.schema.json",
    "forms/care-home.schema.json",
    "forms/carer-support.schema.json",
    "forms/consent-talk.schema.json",
    "forms/coordinated-plan.schema.json",
    "forms/god-man-by-relative.schema.json",
    "forms/god-man.schema.json",
    "forms/health-information.schema.json",
    "forms/home-care.schema.json",
    "forms/home-visit.schema.json",
    "forms/housing-supplement-change.schema.json",
    "forms/housing-supplement-joint.schema.json",
    "forms/housing-supplement.schema.json",
    "forms/living-apart.schema.json",
    "forms/move-notice.schema.json",
    "forms/move-together.schema.json",
    "forms/old-home-notice.schema.json",
    "forms/parent-to-elderly-care.schema.json",
    "forms/short-term-stay.schema.json",
    "forms/simple-services.schema.json",
    "samples/couple-on-gotland.json",
    "samples/finnish-speaker-to-vasteras.json",
    "samples/siblings-in-kinda.json",
    "samples/stroke-in-norrkoping.json",
    "samples/widow-in-skelleftea.json",
    "texts/en.ftl",
    "texts/sv.ftl",
    "variations/eskilstuna.toml",
    "variations/habo.toml",
    "variations/jonkoping.toml",
    "variations/kungsbacka.toml",
    "variations/norrkoping.toml",
    "variations/vadstena.toml",
    "variations/vellinge.toml",
];

const STARTING_A_BUSINESS: &[(&str, &str)] = &files![
    "starting-a-business":
    "definition.toml",
    "forms/annual-report.schema.json",
    "forms/bank-certificate.schema.json",
    "forms/beneficial-owner.schema.json",
    "forms/building-final.schema.json",
    "forms/building-start.schema.json",
    "forms/business-advice.schema.json",
    "forms/cash-register.schema.json",
    "forms/change-of-use.schema.json",
    "forms/charter-on-paper.schema.json",
    "forms/charter.schema.json",
    "forms/company-name.schema.json",
    "forms/company-registration.schema.json",
    "forms/environment-notification.schema.json",
    "forms/flammable-goods.schema.json",
    "forms/food-registration.schema.json",
    "forms/hygiene-notification.schema.json",
    "forms/knowledge-test.schema.json",
    "forms/low-alcohol-beer.schema.json",
    "forms/minor-consent.schema.json",
    "forms/public-place.schema.json",
    "forms/serving-permit.schema.json",
    "forms/sickness-waiting-days.schema.json",
    "forms/sole-trader-registration.schema.json",
    "forms/staff-register.schema.json",
    "forms/start-grant.schema.json",
    "forms/starting-a-business.schema.json",
    "forms/tax-registration.schema.json",
    "forms/tobacco-permit.schema.json",
    "samples/food-truck-at-sixteen-in-helsingborg.json",
    "samples/foot-therapist-in-storuman.json",
    "samples/founder-on-paper-in-goteborg.json",
    "samples/restaurant-takeover-in-malmo.json",
    "samples/two-friends-cafe-in-karlstad.json",
    "texts/en.ftl",
    "texts/sv.ftl",
    "variations/goteborg.toml",
    "variations/helsingborg.toml",
    "variations/karlstad.toml",
    "variations/kristinehamn.toml",
    "variations/malmo.toml",
    "variations/ornskoldsvik.toml",
    "variations/stockholm.toml",
    "variations/storuman.toml",
    "variations/tierp.toml",
    "variations/vaggeryd.toml",
    "variations/vaxjo.toml",
];
