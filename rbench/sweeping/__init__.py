"""One execution of a study: jobs, what does them and where, and the records of what they made."""
