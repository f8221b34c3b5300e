//! Mandates: the grounds on which one person acts for another.

/// A kind of mandate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MandateKind {
    /// Fullmakt (avtalslagen 2 kap.; FL 14 §).
    PowerOfAttorney,
    /// Framtidsfullmakt (lag 2017:310).
    FuturePowerOfAttorney,
    /// Anhörigbehörighet (FB 17 kap.).
    Kinship,
    /// God man (FB 11 kap. 4 §).
    GodMan,
    /// Förvaltare (FB 11 kap. 7 §).
    Forvaltare,
    /// Vårdnadshavare (FB 6 kap. 11 §).
    Guardian,
}

impl MandateKind {
    /// Every kind, in order.
    pub const ALL: [MandateKind; 6] = [
        MandateKind::PowerOfAttorney,
        MandateKind::FuturePowerOfAttorney,
        MandateKind::Kinship,
        MandateKind::GodMan,
        MandateKind::Forvaltare,
        MandateKind::Guardian,
    ];

    /// Its word in definitions.
    pub fn slug(self) -> &'static str {
        match self {
            MandateKind::PowerOfAttorney => "power-of-attorney",
            MandateKind::FuturePowerOfAttorney => "future-power-of-attorney",
            MandateKind::Kinship => "kinship",
            MandateKind::GodMan => "god-man",
            MandateKind::Forvaltare => "forvaltare",
            MandateKind::Guardian => "guardian",
        }
    }

    /// Whether it ends the moment the represented person dies (FB 11 kap. 18 §, 17 kap.). An ordinary power of attorney is
    /// frozen for the estate instead (avtalslagen 21 §).
    pub fn ends_at_death(self) -> bool {
        match self {
            MandateKind::Kinship | MandateKind::GodMan | MandateKind::Forvaltare | MandateKind::Guardian => true,
            MandateKind::PowerOfAttorney | MandateKind::FuturePowerOfAttorney => false,
        }
    }
}
