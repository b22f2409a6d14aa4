"""A local Zendesk: the part of the Support API that the bridge uses, over real sockets."""
