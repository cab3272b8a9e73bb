"""What a pass of a network costs: operations, bytes, conventions of counting, time on a device."""
