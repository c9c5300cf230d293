"""Speed, each figure against a stated rival or limit, measured in the same minutes on the same machine."""
