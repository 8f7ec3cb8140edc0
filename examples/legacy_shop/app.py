from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse
from fastapi.templating import Jinja2Templates
from pydantic import BaseModel

from bot.chain import get_chain   # loads the model and the store

app = FastAPI(title="Shop assistant")
templates = Jinja2Templates(directory="templates")

qa_chain = get_chain()


class Question(BaseModel):
    question: str


@app.get("/", response_class=HTMLResponse)
async def home(request: Request):
    return templates.TemplateResponse(request, "index.html")


@app.post("/chat")
async def chat(body: Question):
    question = body.question.strip()
    if question.lower() in ("hi", "hello", "hey"):
        return {"answer": "Hello! What can I do for you?"}
    result = qa_chain.invoke({"question": question})
    return {"answer": result["answer"]}


if __name__ == "__main__":
    import os

    import uvicorn

    uvicorn.run(app, host="0.0.0.0", port=int(os.environ.get("PORT", 8000)))
