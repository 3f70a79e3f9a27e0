"""augment: training images -> varied versions of them."""
