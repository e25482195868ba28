"""What is trained, as data: recipes and their stages, and the checks of settings. Knows no network and no method."""
