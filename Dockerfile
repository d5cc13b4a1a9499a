# The service alone: compiled JavaScript, its dependencies, the built-in schemas and what browsers get.
FROM node:20-slim AS build
WORKDIR /millrace
COPY package.json package-lock.json ./
# Without the package's own scripts: `prepare` would build before the sources are there.
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY src src
RUN npm run build && npm prune --omit=dev --ignore-scripts --no-audit --no-fund

FROM node:20-slim
ENV NODE_ENV=production
WORKDIR /millrace
COPY --from=build /millrace/package.json ./
COPY --from=build /millrace/node_modules node_modules
COPY --from=build /millrace/dist dist
COPY schemas schemas
COPY assets assets
USER node
ENTRYPOINT ["node", "dist/main.js"]
CMD ["run"]
