//! The Rust in the README and on the pages of `docs/`, as doc tests: here, because a published crate may not read files
//! outside of its folder.

macro_rules! pages {
    ($($name:ident: $path:literal,)*) => {
        $(
            #[cfg(doctest)]
            #[doc = include_str!($path)]
            mod $name {}
        )*
    };
}

pages! {
    component: "../docs/component.md",
    readme: "../README.md",
    emulator: "../docs/emulator.md",
    failover: "../docs/failover.md",
    guests: "../docs/guests.md",
    library: "../docs/library.md",
}
