"""Caption: what the whole image shows, in a sentence or several."""

from __future__ import annotations

from geoglot.tasks.grammar import TEXT, read_text
from geoglot.tasks.task import Task, TaskName

TASK = Task(
    name=TaskName.CAPTION,
    title="Say in words what the image shows",
    wordings=(
        "Describe this image.",
        "What does the picture show?",
        "Give a caption for this scene.",
        "Write one sentence about what is visible here.",
        "What can you see?",
        "Summarise the scene in a few words.",
        "How would you describe this place?",
        "Please provide a short description of the view.",
        "Caption this.",
        "Tell me about this area as seen from above.",
        "In a sentence, what is going on in this image?",
        "What am I looking at?",
        "Put the content of the image into words.",
        "I cannot see the picture: what is in it?",
        "Provide a detailed account of everything visible.",
        "Describe the image in detail, with the main objects and where they lie.",
        "Write a paragraph on what this scene contains.",
        "Explain what this aerial view depicts.",
        "Could you sum up the contents of this photograph?",
        "Report what you observe.",
        "A brief description, please.",
        "What is depicted here?",
        "Compose a caption that fits this remote sensing image.",
        "Outline the main features of the landscape.",
        "Walk me through the scene.",
        "Which features stand out in this view? Answer in full sentences.",
        "Suppose this image needs alternative text; write it.",
        "Talk about the land and the objects in this tile.",
        "From this vantage point, what is to be seen?",
        "Let me know what the satellite captured here.",
        "Characterise the scene in plain words.",
        "Give an overview of the picture.",
    ),
    grammar=TEXT,
    parse=read_text,
    protocol="caption/coco-ptb@1",
)
