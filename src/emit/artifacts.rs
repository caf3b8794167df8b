//! What emitters put their files into.

use std::fmt;

use rayon::prelude::*;

use crate::bundle::{Bundle, BundlePath, File, InMemory, Keep, Mode, PathError};
use crate::text::Span;

/// The files of one emitter while they are made. Each goes where it is kept as soon as it is there.
pub struct Artifacts<'k> {
    keep: &'k dyn Keep,
    files: Vec<(BundlePath, File)>,
    /// The first path that cannot be one of a bundle.
    bad: Option<PathError>,
}

impl Default for Artifacts<'_> {
    fn default() -> Self {
        Self::new(&InMemory)
    }
}

impl<'k> Artifacts<'k> {
    /// None yet; they go there.
    pub fn new(keep: &'k dyn Keep) -> Self {
        Self { keep, files: Vec::new(), bad: None }
    }

    /// Adds a text file, mode 0644. The path is relative to the bundle, with `/`.
    pub fn text(&mut self, path: impl Into<String>, text: impl Into<String>) {
        self.add(path.into(), text.into(), Mode::Regular);
    }

    /// Adds a script, mode 0755.
    pub fn script(&mut self, path: impl Into<String>, text: impl Into<String>) {
        self.add(path.into(), text.into(), Mode::Executable);
    }

    fn add(&mut self, path: String, text: String, mode: Mode) {
        match BundlePath::new(path) {
            Ok(path) => {
                let file = self.keep.keep(&path, File::new(text, mode));
                self.files.push((path, file));
            }
            Err(error) => {
                self.bad.get_or_insert(error);
            }
        }
    }

    /// Lets the files of each item be made, several items at a time. The order of files is that of the items.
    pub fn each<T: Sync>(
        &mut self,
        items: &[T],
        make: impl Fn(&T, &mut Self) -> Result<(), EmitError> + Sync,
    ) -> Result<(), EmitError> {
        let one = |item: &T| {
            let mut own = Self::new(self.keep);
            make(item, &mut own).map(|()| own)
        };
        let made: Vec<Result<_, EmitError>> = items.par_iter().map(one).collect();
        // Of several errors the first item's counts, however the work was shared out.
        for own in made {
            let own = own?;
            self.files.extend(own.files);
            self.bad = self.bad.take().or(own.bad);
        }
        Ok(())
    }

    /// Moves the files into a bundle; a path that is taken already is an error.
    pub fn into_bundle(self, bundle: &mut Bundle) -> Result<(), EmitError> {
        if let Some(error) = self.bad {
            return Err(EmitError::internal(error.to_string()));
        }
        for (path, file) in self.files {
            bundle.insert(path, file).map_err(|error| EmitError::internal(error.to_string()))?;
        }
        Ok(())
    }
}

/// Why files cannot be made.
#[derive(Clone, Debug)]
pub struct EmitError {
    /// What is wrong.
    pub message: String,
    /// The place in the manifest that asked for it; [`Span::nowhere`] for a defect of netgen.
    pub span: Span,
    /// What to do.
    pub help: Option<String>,
}

impl EmitError {
    /// A defect of netgen: a template or a writer failed on a valid plan.
    pub fn internal(message: impl Into<String>) -> Self {
        Self { message: message.into(), span: Span::nowhere(), help: None }
    }

    /// Something that this target cannot express.
    pub fn unsupported(span: Span, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { message: message.into(), span, help: Some(help.into()) }
    }
}

impl fmt::Display for EmitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl From<super::format::Error> for EmitError {
    fn from(error: super::format::Error) -> Self {
        Self::internal(error.to_string())
    }
}

impl From<crate::template::TemplateError> for EmitError {
    fn from(error: crate::template::TemplateError) -> Self {
        Self::internal(format!("template: {}", error.message))
    }
}
