# Takes what creating, listing and fetching messages needs out of Twilio's description of
# its API, with one example of each answer. The numbers in the examples become
# fictional ones.
def slim: walk(if type == "object" then del(.["x-twilio"], .description, .examples) else . end);
."paths"."/2010-04-01/Accounts/{AccountSid}/Messages.json" as $m
| ."paths"."/2010-04-01/Accounts/{AccountSid}/Messages/{Sid}.json" as $one
| {
    openapi,
    info: {title: .info.title, version: .info.version, license: .info.license},
    servers,
    security,
    paths: {
      "/2010-04-01/Accounts/{AccountSid}/Messages.json": ($m | {post, get} | slim),
      "/2010-04-01/Accounts/{AccountSid}/Messages/{Sid}.json": ($one | {get} | slim)
    },
    components: {
      securitySchemes: .components.securitySchemes,
      schemas: (.components.schemas
        | with_entries(select(.key == "api.v2010.account.message" or (.key | startswith("message_enum_")))) | slim)
    }
  }
| .paths["/2010-04-01/Accounts/{AccountSid}/Messages.json"].post.responses."201".description = "Created"
| .paths[].get.responses."200".description = "OK"
| .paths["/2010-04-01/Accounts/{AccountSid}/Messages.json"].post.responses."201".content."application/json".example = $m.post.responses."201".content."application/json".examples.createWoService.value
| .paths["/2010-04-01/Accounts/{AccountSid}/Messages/{Sid}.json"].get.responses."200".content."application/json".example = $one.get.responses."200".content."application/json".examples.fetch.value
| .paths["/2010-04-01/Accounts/{AccountSid}/Messages.json"].get.responses."200".content."application/json".example = $m.get.responses."200".content."application/json".examples.readFullPage1.value
| walk(if type == "object" and (.direction | type) == "string" then .to = "+15550100042" | .from = "+15550100043" else . end)
