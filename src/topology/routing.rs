//! Who hears of an alert.

use super::ir::{Monitoring, Route};
use crate::manifest::Severity;

impl Monitoring {
    /// The routes that are tried first, in order.
    pub fn narrow_routes(&self) -> &[Route] {
        self.routes.split_last().map_or(&[], |(_, narrow)| narrow)
    }

    /// The route of every alert that no other takes, whatever its own conditions are.
    pub fn last_route(&self) -> Option<&Route> {
        self.routes.last()
    }

    /// The receiver of an alert of that severity and region; `None` where nobody is called. An alert
    /// without a region matches no route that asks for one.
    pub fn receiver_of(&self, severity: Severity, region: Option<&str>) -> Option<&str> {
        let narrow = self.narrow_routes().iter().find(|route| route.takes(severity, region));
        narrow.or(self.last_route()).map(|route| route.to.as_str())
    }
}

impl Route {
    /// Whether it is for alerts of that severity and region.
    pub fn takes(&self, severity: Severity, region: Option<&str>) -> bool {
        let severe = self.severities.is_empty() || self.severities.contains(&severity);
        let near =
            self.regions.is_empty() || region.is_some_and(|name| self.regions.iter().any(|r| r == name));
        severe && near
    }
}
