"""Images as they are sent: unpacked within limits, prepared as for training, and measured."""
