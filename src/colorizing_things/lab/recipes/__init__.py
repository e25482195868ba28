"""The recipes that come with the package, a YAML each; ``load.py`` reads and checks them."""
