"""Configuration: settings, secrets and the files that an admin keeps."""
