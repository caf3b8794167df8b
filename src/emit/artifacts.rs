//! What emitters put their files into.

use std::fmt;

use rayon::prelude::*;

use crate::bundle::{Bundle, BundlePath, File, Mode};
use crate::text::Span;

/// The files of one emitter while they are made.
#[derive(Debug, Default)]
pub struct Artifacts {
    files: Vec<(String, File)>,
}

impl Artifacts {
    /// Adds a text file, mode 0644. The path is relative to the bundle, with `/`.
    pub fn text(&mut self, path: impl Into<String>, text: impl Into<String>) {
        self.files.push((path.into(), File { bytes: text.into().into_bytes(), mode: Mode::Regular }));
    }

    /// Adds a script, mode 0755.
    pub fn script(&mut self, path: impl Into<String>, text: impl Into<String>) {
        self.files.push((path.into(), File { bytes: text.into().into_bytes(), mode: Mode::Executable }));
    }

    /// Lets the files of each item be made, several items at a time. The order of files is that of the items.
    pub fn each<T: Sync>(
        &mut self,
        items: &[T],
        make: impl Fn(&T, &mut Self) -> Result<(), EmitError> + Sync,
    ) -> Result<(), EmitError> {
        let one = |item: &T| {
            let mut own = Self::default();
            make(item, &mut own).map(|()| own.files)
        };
        let made: Vec<Result<_, EmitError>> = items.par_iter().map(one).collect();
        // Of several errors the first item's counts, however the work was shared out.
        for files in made {
            self.files.extend(files?);
        }
        Ok(())
    }

    /// Moves the files into a bundle; a path that is taken already is an error.
    pub fn into_bundle(self, bundle: &mut Bundle) -> Result<(), EmitError> {
        for (path, file) in self.files {
            let path = BundlePath::new(&path).map_err(|error| EmitError::internal(error.to_string()))?;
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
