"""CDS Hooks service for hemifacial spasm and unilateral facial twitching. Start reading in `answer.py`."""
