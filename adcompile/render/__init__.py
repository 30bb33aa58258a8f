"""Tables as text: what is in them is none of its business."""
