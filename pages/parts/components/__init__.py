"""Our own widgets around JavaScript or Streamlit; each folder is a component with its script and style."""
