// The executable composes nothing itself: see Commands.
