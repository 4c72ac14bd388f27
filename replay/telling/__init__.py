"""Every event in a plain sentence, for people who have never seen the program."""
