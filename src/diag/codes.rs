//! Rules that the stages before `check` report: syntax, shape, references.
//!
//! A rule that looks at a whole, resolved network has its own file under `check/rules/`; what
//! stands here can only be said while the network is still being read. The page of each is
//! `codes/<name>.md`, with the headings What, Why, Bad and Good like those of all rules.

use super::{Level, Rule};

macro_rules! rules {
    ($($(#[$doc:meta])* $id:ident = $code:literal $name:literal $level:ident $summary:literal;)*) => {
        $($(#[$doc])* pub static $id: Rule = Rule {
            code: $code, name: $name, level: Level::$level, summary: $summary,
            docs: include_str!(concat!("codes/", $name, ".md")),
        };)*
        /// Every rule of this file, by code.
        pub static ALL: &[&Rule] = &[$(&$id),*];
    };
}

rules! {
    /// A file cannot be read.
    UNREADABLE = "NG0001" "unreadable-file" Deny "a file cannot be read";
    /// A file that `include:` names is not there.
    MISSING_INCLUDE = "NG0002" "missing-include" Deny "an included file that does not exist";
    /// A file includes itself, straight or through others.
    INCLUDE_CYCLE = "NG0003" "include-cycle" Deny "a file that includes itself";
    /// An included file outside the folder of the manifest.
    INCLUDE_OUTSIDE = "NG0004" "include-outside" Deny "an included file outside the folder of the manifest";
    /// An entry of `include:` that is no path.
    BAD_INCLUDE = "NG0005" "bad-include" Deny "an entry of `include:` that is no path of a file";
    /// A file is not well-formed YAML, TOML or JSON.
    SYNTAX = "NG0101" "syntax" Deny "a file is not well-formed";
    /// A key stands twice in one map.
    DUPLICATE_KEY = "NG0102" "duplicate-key" Deny "a key stands twice in one map";
    /// A key that the language does not have.
    UNKNOWN_KEY = "NG0103" "unknown-key" Deny "a key that does not exist";
    /// A value of the wrong type or outside its range.
    INVALID_VALUE = "NG0104" "invalid-value" Deny "a value of the wrong type, form or range";
    /// A key that must be there is not.
    MISSING_KEY = "NG0105" "missing-key" Deny "a required key is missing";
    /// Input over a limit.
    TOO_LARGE = "NG0106" "too-large" Deny "input over a limit";
    /// Two files say things that cannot be merged.
    MERGE_CONFLICT = "NG0110" "merge-conflict" Deny "values of several files that cannot be merged";
    /// `null` in an overlay where there is nothing to delete.
    NOTHING_TO_DELETE = "NG0111" "nothing-to-delete" Deny "a `null` that deletes nothing";
    /// A `--set` that cannot be carried out.
    BAD_SET = "NG0112" "bad-set" Deny "a `--set` that cannot be carried out";
    /// A variable that is not declared.
    UNKNOWN_VARIABLE = "NG0113" "unknown-variable" Deny "a variable that is not declared";
    /// A variable without a value.
    UNSET_VARIABLE = "NG0114" "unset-variable" Deny "a variable that has no value";
    /// A value that a variable does not take.
    VARIABLE_VALUE = "NG0115" "variable-value" Deny "a value that a variable does not take";
    /// A declaration of a variable that makes no sense.
    BAD_VARIABLE = "NG0116" "bad-variable" Deny "a declaration of a variable that makes no sense";
    /// A variable in a place where none is replaced.
    MISPLACED_VARIABLE = "NG0117" "misplaced-variable" Deny "a variable where none can stand";
    /// A thing of another tool's manifest that ours has no word for.
    NOT_IMPORTED = "NG0118" "not-imported" Warn "something that an import does not carry over";
    /// A name refers to nothing.
    UNKNOWN_NAME = "NG0201" "unknown-name" Deny "a reference to something that does not exist";
    /// A component that the catalog does not have.
    UNKNOWN_COMPONENT = "NG0202" "unknown-component" Deny "a component that the catalog does not have";
    /// A need has no provider, or several.
    UNBOUND_NEED = "NG0203" "unbound-need" Deny "a need that no service provides, or several do";
    /// A setting the component does not have, or of a wrong type.
    BAD_SETTING = "NG0204" "bad-setting" Deny "a setting that the component does not have, or of a wrong type";
    /// Two things with one name.
    DUPLICATE_NAME = "NG0205" "duplicate-name" Deny "two things get the same name";
    /// Services that wait for each other.
    DEPENDENCY_CYCLE = "NG0206" "dependency-cycle" Deny "services that wait for each other";
    /// A template of a component cannot be rendered.
    BAD_TEMPLATE = "NG0207" "bad-template" Deny "a template of a component cannot be rendered";
    /// Broken component data.
    BAD_COMPONENT = "NG0208" "bad-component" Deny "component data that does not fit the schema";
    /// No port is left, or it does not fit.
    PORT_RANGE = "NG0209" "port-range" Deny "a port outside 1 to 65535";
    /// The lock does not pin an image.
    NOT_LOCKED = "NG0301" "image-not-locked" Deny "an image that the lock does not pin";
    /// The lock file is broken.
    BAD_LOCK = "NG0302" "bad-lock" Deny "a lock file that cannot be used";
    /// The text of an image reference is wrong.
    BAD_IMAGE = "NG0303" "bad-image-reference" Deny "an image reference that is not valid";
    /// A registry does not say what an image is.
    UNRESOLVED = "NG0313" "image-not-resolved" Deny "an image whose digest its registry does not give";
    /// A tag stands for another digest than that of the lock.
    MOVED_TAG = "NG0314" "moved-tag" Deny "a tag that stands for another image than when it was locked";
    /// The lock does not hold a port.
    PORT_NOT_LOCKED = "NG0320" "port-not-locked" Deny "a port that the lock does not hold";
    /// A secret in a file of the bundle.
    SECRET_IN_BUNDLE = "NG0470" "secret-in-bundle" Deny "a file of the bundle would hold a secret value";
    /// An artifact cannot be made for this runtime.
    UNSUPPORTED = "NG0501" "unsupported" Deny "something that a target cannot express";
    /// A program of the host looks for what only a container has.
    CONTAINER_PATH = "NG0509" "container-path" Deny "a program of the host that is given a path inside a container";
    /// Identities that the lock does not hold.
    IDENTITY_NOT_LOCKED = "NG0622" "identity-not-locked" Deny "an identity that the lock does not hold";
    /// A node named as a peer that cannot be one.
    PEERS_WITH_NOBODY = "NG0626" "peers-with-nobody" Deny "a node named as a peer that has nothing that peers";
    /// A first block that no client takes, or that is not what was meant.
    BAD_GENESIS = "NG0630" "bad-genesis" Deny "a first block that cannot be made";
    /// A genesis for somebody else's chain.
    PUBLIC_CHAIN = "NG0631" "public-chain" Deny "a genesis for a public chain";
    /// The lock has no or another first block.
    GENESIS_NOT_LOCKED = "NG0632" "genesis-not-locked" Deny "a first block that is not the one in the lock";
    /// A program that reads no genesis.
    CANNOT_START = "NG0633" "cannot-start" Deny "a program that cannot start a chain of one's own";
    /// A waiver is past its last day.
    EXPIRED_WAIVER = "NG0901" "expired-waiver" Deny "an exception that is past its last day";
    /// A waiver lets nothing through.
    UNUSED_WAIVER = "NG0902" "unused-waiver" Warn "an exception that nothing needs";
    /// A waiver that can have no effect.
    BAD_WAIVER = "NG0903" "bad-waiver" Deny "an exception that can have no effect";
}
