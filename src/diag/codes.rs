//! Rules that the stages before `check` report: syntax, shape, references.
//!
//! A rule that looks at a whole, resolved network has its own file under `check/rules/`; what
//! stands here can only be said while the network is still being read.

use super::{Level, Rule};

macro_rules! rules {
    ($($(#[$doc:meta])* $id:ident = $code:literal $name:literal $level:ident $summary:literal $docs:expr;)*) => {
        $($(#[$doc])* pub static $id: Rule = Rule {
            code: $code, name: $name, level: Level::$level, summary: $summary, docs: $docs,
        };)*
        /// Every rule of this file, by code.
        pub static ALL: &[&Rule] = &[$(&$id),*];
    };
}

rules! {
    /// A file cannot be read.
    UNREADABLE = "NG0001" "unreadable-file" Deny "a file cannot be read"
        "## What\nA file that the manifest or the command line names cannot be read.\n\n## Why\nNothing can be compiled without it.";
    /// A file is not well-formed YAML, TOML or JSON.
    SYNTAX = "NG0101" "syntax" Deny "a file is not well-formed"
        "## What\nThe text is not well-formed YAML, TOML or JSON.\n\n## Why\nNo value after the mistake can be trusted.";
    /// A key stands twice in one map.
    DUPLICATE_KEY = "NG0102" "duplicate-key" Deny "a key stands twice in one map"
        "## What\nOne map has the same key twice.\n\n## Why\nReaders disagree on which one counts; one of the two is a mistake.";
    /// A key that the language does not have.
    UNKNOWN_KEY = "NG0103" "unknown-key" Deny "a key that does not exist"
        "## What\nA key that the manifest language does not have at this place.\n\n## Why\nA misspelt key that is silently dropped is found at 3 a.m.";
    /// A value of the wrong type or outside its range.
    INVALID_VALUE = "NG0104" "invalid-value" Deny "a value of the wrong type, form or range"
        "## What\nA value has the wrong type, form or range.\n\n## Why\nA default silently used instead would not be what was meant.";
    /// A key that must be there is not.
    MISSING_KEY = "NG0105" "missing-key" Deny "a required key is missing"
        "## What\nA key that has no default is missing.\n\n## Why\nnetgen does not guess facts about your network.";
    /// Input over a limit.
    TOO_LARGE = "NG0106" "too-large" Deny "input over a limit"
        "## What\nA file is too large or too deeply nested, or its aliases expand too far.\n\n## Why\nLimits keep a hostile or broken file from taking the machine down.";
    /// A name refers to nothing.
    UNKNOWN_NAME = "NG0201" "unknown-name" Deny "a reference to something that does not exist"
        "## What\nA host, region, stack, node, service, secret or receiver is named that the manifest does not define.\n\n## Why\nEvery reference is resolved at compile time.";
    /// A component that the catalog does not have.
    UNKNOWN_COMPONENT = "NG0202" "unknown-component" Deny "a component that the catalog does not have"
        "## What\n`component:` names nothing in the catalog, in `components:` or in the `components/` folder beside the manifest.\n\n## Why\nWithout the component's data nothing is known about its ports, flags and health.";
    /// A need has no provider, or several.
    UNBOUND_NEED = "NG0203" "unbound-need" Deny "a need that no service provides, or several do"
        "## What\nA service needs an interface, and it is not clear who provides it.\n\n## Why\nnetgen binds a need to a provider in the same node, then to what `needs:` names, then to the one network service that provides it. It never picks one of several.";
    /// A setting the component does not have, or of a wrong type.
    BAD_SETTING = "NG0204" "bad-setting" Deny "a setting that the component does not have, or of a wrong type"
        "## What\nA key under `settings:` is not in the component's data, or its value has the wrong type or range.\n\n## Why\nThe real program would refuse it, or ignore it, after the deploy.";
    /// Two things with one name.
    DUPLICATE_NAME = "NG0205" "duplicate-name" Deny "two things get the same name"
        "## What\nTwo services would get the same name in the bundle.\n\n## Why\nNames become containers, units and paths; one would overwrite the other.";
    /// Services that wait for each other.
    DEPENDENCY_CYCLE = "NG0206" "dependency-cycle" Deny "services that wait for each other"
        "## What\nA chain of needs leads back to where it began.\n\n## Why\nNone of the services could start first.";
    /// A template of a component cannot be rendered.
    BAD_TEMPLATE = "NG0207" "bad-template" Deny "a template of a component cannot be rendered"
        "## What\nAn argument or file template of a component fails for this service.\n\n## Why\nThe component's data and the manifest do not fit each other.";
    /// Broken component data.
    BAD_COMPONENT = "NG0208" "bad-component" Deny "component data that does not fit the schema"
        "## What\nA component file, or an inline component, breaks the component schema.\n\n## Why\nA component is data that every artifact is made from.";
    /// No port is left, or it does not fit.
    PORT_RANGE = "NG0209" "port-range" Deny "a port outside 1 to 65535"
        "## What\nAn allocated port leaves the range of ports.\n\n## Why\nThe service could not listen.";
    /// The lock does not pin an image.
    NOT_LOCKED = "NG0301" "image-not-locked" Deny "an image that the lock does not pin"
        "## What\nAn image has no digest in `netgen.lock`.\n\n## Why\nA tag can move; only a digest names the bytes that were tested.";
    /// The lock file is broken.
    BAD_LOCK = "NG0302" "bad-lock" Deny "a lock file that cannot be used"
        "## What\n`netgen.lock` is not valid, or was written by a newer netgen.\n\n## Why\nPins that cannot be read cannot be trusted.";
    /// The text of an image reference is wrong.
    BAD_IMAGE = "NG0303" "bad-image-reference" Deny "an image reference that is not valid"
        "## What\nThe text is no OCI image reference.\n\n## Why\nThe runtime would refuse it on the host.";
    /// The lock does not hold a port.
    PORT_NOT_LOCKED = "NG0320" "port-not-locked" Deny "a port that the lock does not hold"
        include_str!("codes/port-not-locked.md");
    /// An artifact cannot be made for this runtime.
    UNSUPPORTED = "NG0501" "unsupported" Deny "something that a target cannot express"
        "## What\nThe target of an artifact (a runtime, a receiver, a file format) cannot express what the manifest asks for.\n\n## Why\nDropping it silently would deploy something else.";
    /// A waiver is past its last day.
    EXPIRED_WAIVER = "NG0901" "expired-waiver" Deny "an exception that is past its last day"
        include_str!("codes/expired-waiver.md");
    /// A waiver lets nothing through.
    UNUSED_WAIVER = "NG0902" "unused-waiver" Warn "an exception that nothing needs"
        include_str!("codes/unused-waiver.md");
    /// A waiver that can have no effect.
    BAD_WAIVER = "NG0903" "bad-waiver" Deny "an exception that can have no effect"
        include_str!("codes/bad-waiver.md");
}
