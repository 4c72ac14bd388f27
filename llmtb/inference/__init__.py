"""What answers: models, generation, embeddings, translation, the knowledge and the ladder."""
