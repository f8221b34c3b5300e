//! Names of tasks: `agencies/{agency}/tasks/{task}`.

use std::fmt;

/// A task's name, taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TaskName<'a> {
    /// The slug of the agency that owns it, for example `socialnamnden-0580`.
    pub agency: &'a str,
    /// The rest: opaque.
    pub task: &'a str,
}

/// A text that is not the name of a task.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{given}` is not of the form `agencies/{{agency}}/tasks/{{task}}`")]
pub struct NotATaskName {
    /// What was given.
    pub given: String,
}

impl<'a> TaskName<'a> {
    /// Reads a name.
    ///
    /// # Errors
    ///
    /// [`NotATaskName`] if it has another form, or an empty part.
    pub fn parse(name: &'a str) -> Result<TaskName<'a>, NotATaskName> {
        let not = || NotATaskName { given: name.to_owned() };
        let rest = name.strip_prefix("agencies/").ok_or_else(not)?;
        let (agency, task) = rest.split_once("/tasks/").ok_or_else(not)?;
        if agency.is_empty() || task.is_empty() || agency.contains('/') || task.contains('/') {
            return Err(not());
        }
        Ok(TaskName { agency, task })
    }
}

impl fmt::Display for TaskName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "agencies/{}/tasks/{}", self.agency, self.task)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_gives_the_agency_and_reads_back_the_same() {
        let name = TaskName::parse("agencies/socialnamnden-0580/tasks/abc").unwrap();
        assert_eq!(name.agency, "socialnamnden-0580");
        assert_eq!(name.to_string(), "agencies/socialnamnden-0580/tasks/abc");
    }

    #[test]
    fn a_name_without_one_of_its_parts_is_refused() {
        for wrong in ["", "agencies//tasks/a", "agencies/a/tasks/", "agencies/a", "a/b/c", "agencies/a/tasks/b/c"] {
            assert!(TaskName::parse(wrong).is_err(), "{wrong:?}");
        }
    }
}
