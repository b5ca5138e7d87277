# One image for every Postern process; the command chooses which one runs. Nothing is built: Node runs the TypeScript.
FROM node:24-bookworm-slim AS install
WORKDIR /postern
RUN npm install --global pnpm@10.34.9
COPY . .
RUN pnpm install --frozen-lockfile --prod --filter "./services/*..." --filter "./infra/docker..."

FROM node:24-bookworm-slim
ENV NODE_ENV=production
WORKDIR /postern
COPY --from=install /postern /postern
USER node
# The gateway, unless docker-compose.yml or a manifest says otherwise.
CMD ["node", "services/gateway/src/main.ts"]
