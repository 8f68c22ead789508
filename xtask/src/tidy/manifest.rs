//! The dependencies of a `Cargo.toml`, read line by line: all that the rules need of TOML.

/// Where a dependency is listed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Section {
    Normal,
    Development,
    Build,
}

/// One listed dependency.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Dependency {
    /// The package, even where the crate calls it otherwise.
    pub package: String,
    pub section: Section,
    /// Whether its version comes from the workspace's list.
    pub inherited: bool,
    pub line: usize,
}

/// All dependencies of a manifest, for every target.
pub fn dependencies(text: &str) -> Vec<Dependency> {
    let mut found = Vec::new();
    let mut section = None;
    for (index, line) in text.lines().enumerate() {
        let line = line.split('#').next().unwrap_or_default().trim();
        if let Some(header) = line.strip_prefix('[') {
            let header = header.trim_matches(['[', ']']);
            let (list, name) = split_header(header);
            // The lines below [dependencies.name] are about that one dependency, and list no others.
            section = list.filter(|_| name.is_none());
            if let (Some(section), Some(name)) = (list, name) {
                let package = name.to_owned();
                found.push(Dependency { package, section, inherited: false, line: index + 1 });
            }
        } else if let (Some(section), Some((key, value))) = (section, line.split_once('=')) {
            let (name, suffix) = key.trim().split_once('.').unwrap_or((key.trim(), ""));
            let inherited = suffix == "workspace" || value.replace(' ', "").contains("workspace=true");
            let package = renamed(value).unwrap_or(name.trim_matches('"')).to_owned();
            found.push(Dependency { package, section, inherited, line: index + 1 });
        }
    }
    found
}

/// Reads `dependencies`, `dev-dependencies.name`, `target.'cfg(unix)'.build-dependencies`.
fn split_header(header: &str) -> (Option<Section>, Option<&str>) {
    let header = header.strip_prefix("target.").map_or(header, |target| {
        let end = target.rfind("dependencies").unwrap_or_default();
        let start = target[..end].rfind('.').map_or(0, |dot| dot + 1);
        &target[start..]
    });
    let (list, name) = header.split_once('.').map_or((header, None), |(list, name)| (list, Some(name)));
    let section = match list {
        "dependencies" => Some(Section::Normal),
        "dev-dependencies" => Some(Section::Development),
        "build-dependencies" => Some(Section::Build),
        _ => None,
    };
    (section, name)
}

/// The values of all `path = "…"` lines: files of programs, tests and measurements that lie in unusual places.
pub fn paths(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter_map(path)
}

fn path(line: &str) -> Option<&str> {
    line.trim().strip_prefix("path")?.trim_start().strip_prefix('=')?.split('"').nth(1)
}

/// The `package = "…"` of an inline table.
fn renamed(value: &str) -> Option<&str> {
    value.split_once("package")?.1.split('"').nth(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dependencies_are_read_in_every_way_that_cargo_allows() {
        let text = r#"
            [package]
            name = "api"
            [dependencies]
            base.workspace = true  # words
            axum = { workspace = true, features = ["ws"] }
            old = "1.0"
            called = { package = "real", version = "1" }
            [target.'cfg(target_os = "linux")'.dev-dependencies]
            testkit = { workspace = true }
            [build-dependencies.cc]
            version = "1"
            [lints]
            workspace = true
        "#;
        let found: Vec<_> = dependencies(text)
            .into_iter()
            .map(|found| (found.package, found.section, found.inherited, found.line))
            .collect();
        let expected = [
            ("base", Section::Normal, true, 5),
            ("axum", Section::Normal, true, 6),
            ("old", Section::Normal, false, 7),
            ("real", Section::Normal, false, 8),
            ("testkit", Section::Development, true, 10),
            ("cc", Section::Build, false, 11),
        ];
        assert_eq!(
            found,
            expected.map(|(package, section, inherited, line)| (
                package.to_owned(),
                section,
                inherited,
                line
            ))
        );
    }
}
