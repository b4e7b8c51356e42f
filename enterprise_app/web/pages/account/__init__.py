"""Getting in, and one's own account: sign-up, sign-in, reset, invitation, set-up; profile, password, devices."""
