"""Run by hand when data/policies.txt changes: python ingest.py"""
from langchain_community.vectorstores import FAISS
from langchain_core.documents import Document
from langchain_huggingface import HuggingFaceEmbeddings

with open("data/policies.txt", encoding="utf-8") as file:
    paragraphs = [p.strip() for p in file.read().split("\n\n") if p.strip()]

documents = [
    Document(page_content=p, metadata={"source": "policies.txt", "paragraph": n})
    for n, p in enumerate(paragraphs)
]
embeddings = HuggingFaceEmbeddings(model_name="sentence-transformers/all-MiniLM-L6-v2")
FAISS.from_documents(documents, embeddings).save_local("store")
print(f"{len(documents)} paragraphs indexed")
