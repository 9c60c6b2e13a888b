# Takes what looking a message up needs out of Mailgun's description of its API:
# the requests, and the answer of the Logs API. Explanations and examples are left
# out.
def slim: walk(if type == "object" then with_entries(select(
  ((.key | IN("description", "summary", "title")) and (.value | type) == "string") or (.key | IN("examples", "x-enumDescriptions")) | not)) else . end);
def named: ["Account", "Aggregates", "Attachment", "Campaign", "ClientInfo", "DeliveryStatus", "Domain", "Envelope", "FilterPredicate",
  "FilterPredicateGroup", "Flags", "GeoLocation", "LabeledValue", "LogEvent", "LogsRequest", "LogsResponse", "MailingList", "Message",
  "MessageHeaders", "Pagination", "PagingResponse", "Routes", "RoutesMatch", "Storage", "Template"]
  | map("github.com-mailgun-logs-api-pkg-api-model-" + .);
named as $named
| {
    openapi,
    info: {title: .info.title, version: .info.version},
    servers: (.servers | map({url})),
    paths: {
      "/v1/analytics/logs": {post: (.paths."/v1/analytics/logs".post | {operationId, security, requestBody, responses: {"200": .responses."200"}} | slim)},
      "/v3/{domain_name}/events": {get: (.paths."/v3/{domain_name}/events".get | {operationId, security, parameters} | slim)}
    },
    components: {
      securitySchemes: (.components.securitySchemes | slim),
      schemas: (.components.schemas | with_entries(select(.key == "EventSeverityType" or (.key | IN($named[])))) | map_values(slim))
    }
  }
| .paths."/v1/analytics/logs".post.responses."200".description = "OK"
| .paths."/v3/{domain_name}/events".get.responses = {"200": {description: "OK"}}
