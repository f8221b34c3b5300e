//! What a person sees of a rich case, kept as text.
