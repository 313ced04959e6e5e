# Next Word as a server: docker build -t next-word . && docker run -p 127.0.0.1:8501:8501 -v next-word:/data --stop-timeout 20 next-word
FROM python:3.12-slim

# PyTorch's CPU builds keep the image small. Another place: --build-arg TORCH_INDEX=…; nothing: what pip takes by itself.
ARG TORCH_INDEX="https://download.pytorch.org/whl/cpu"
RUN useradd --create-home --uid 1000 nextword && mkdir -m 700 /data && chown nextword /data
WORKDIR /app
COPY pyproject.toml README.md LICENSE ./
COPY lmcore lmcore
COPY sample_corpora sample_corpora
RUN if [ -n "$TORCH_INDEX" ]; then pip install --no-cache-dir --index-url "$TORCH_INDEX" "torch>=2.9,<2.14"; fi \
    && pip install --no-cache-dir -e .
COPY app.py ./
COPY pages pages
COPY .streamlit .streamlit

USER nextword
ENV NEXT_WORD_DATA=/data
VOLUME /data
EXPOSE 8501
# Streamlit ends its runs politely on SIGTERM: they are saved and go on when the server starts again.
STOPSIGNAL SIGTERM
HEALTHCHECK --start-period=60s CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8501/_stcore/health', timeout=3)"]
CMD ["streamlit", "run", "app.py", "--server.address", "0.0.0.0", "--server.headless", "true"]
