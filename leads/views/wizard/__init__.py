"""The Flag/Manage wizard: three steps and a preview over a draft, each at an address of its own."""
