// Operations on connections. What is secret is taken, and never shown.
#include <array>

#include <fmt/format.h>

#include "common/schema/event_destinations.hpp"
#include "services/gateway/aws/page_token.hpp"
#include "services/gateway/events/errors.hpp"
#include "services/gateway/events/operation.hpp"

namespace onput::gateway::events {
namespace {

// By ConnectionState.
constexpr std::array<std::string_view, 2> states{"AUTHORIZED", "DEAUTHORIZED"};

std::string_view name_of(std::uint8_t state) {
    return state < states.size() ? states.at(state) : "DEAUTHORIZED";
}

// What would change nothing here is refused rather than kept.
Result<void> check_supported(const Value& input) {
    for (const std::string_view name : {"KmsKeyIdentifier", "InvocationConnectivityParameters"}) {
        if (input.find(name) != nullptr) {
            return invalid_request(fmt::format("Parameter {} is not supported here.", name));
        }
    }
    const Value* auth = input.find("AuthParameters");
    if (auth != nullptr && auth->find("ConnectivityParameters") != nullptr) {
        return invalid_request("Parameter ConnectivityParameters is not supported here.");
    }
    return {};
}

std::vector<schema::HttpParameter> read_parameters(const Value& map, std::string_view name) {
    std::vector<schema::HttpParameter> parameters;
    const Value* list = map.find(name);
    if (list == nullptr || list->list() == nullptr) return parameters;
    for (const Value& item : *list->list()) {
        const Value* secret = item.find("IsValueSecret");
        parameters.push_back({.key = item.text_of("Key"),
                              .value = item.text_of("Value"),
                              .is_secret = secret != nullptr && secret->flag() && *secret->flag()});
    }
    return parameters;
}

std::optional<schema::HttpParameters> read_http(const Value& map, std::string_view name) {
    const Value* http = map.find(name);
    if (http == nullptr) return std::nullopt;
    return schema::HttpParameters{.headers = read_parameters(*http, "HeaderParameters"),
                                  .query = read_parameters(*http, "QueryStringParameters"),
                                  .body = read_parameters(*http, "BodyParameters")};
}

schema::ConnectionAuth read_auth(const Value& input) {
    schema::ConnectionAuth auth{.type = input.text_of("AuthorizationType")};
    const Value* given = input.find("AuthParameters");
    if (given == nullptr) return auth;
    if (const Value* basic = given->find("BasicAuthParameters")) {
        auth.username = basic->text_of("Username");
        auth.password = basic->text_of("Password");
    }
    if (const Value* key = given->find("ApiKeyAuthParameters")) {
        auth.key_name = key->text_of("ApiKeyName");
        auth.key_value = key->text_of("ApiKeyValue");
    }
    if (const Value* oauth = given->find("OAuthParameters")) {
        auth.oauth = schema::OAuthClient{.endpoint = oauth->text_of("AuthorizationEndpoint"),
                                         .http_method = oauth->text_of("HttpMethod"),
                                         .parameters = read_http(*oauth, "OAuthHttpParameters")};
        if (const Value* client = oauth->find("ClientParameters")) {
            auth.oauth->client_id = client->text_of("ClientID");
            auth.oauth->client_secret = client->text_of("ClientSecret");
        }
    }
    auth.invocation = read_http(*given, "InvocationHttpParameters");
    return auth;
}

Result<schema::CreateConnection> read_create(const Value& input) {
    ONPUT_TRY_VOID(check_supported(input));
    return schema::CreateConnection{.name = input.text_of("Name"),
                                    .description = input.text_of("Description"),
                                    .auth = read_auth(input)};
}

Result<schema::UpdateConnection> read_update(const Value& input) {
    ONPUT_TRY_VOID(check_supported(input));
    schema::UpdateConnection message{.name = input.text_of("Name"), .auth = read_auth(input)};
    if (input.find("Description") != nullptr) message.description = input.text_of("Description");
    return message;
}

Result<schema::ListConnections> read_list(const Value& input) {
    ONPUT_TRY(auto page, read_page(input));
    schema::ListConnections message{.prefix = input.text_of("NamePrefix"),
                                    .after = std::move(page.after),
                                    .connections_max = page.items_max};
    const std::string state = input.text_of("ConnectionState");
    if (state.empty()) return message;
    std::uint8_t number = 0;
    while (number < states.size() && states.at(number) != state) ++number;
    message.state = number;  // There is none in another state.
    return message;
}

Value describe_made(const schema::ConnectionInfo& connection) {
    Value result;
    result["ConnectionArn"] = Value(connection.arn);
    result["ConnectionState"] = Value(name_of(connection.state));
    result["CreationTime"] = Value(to_millis(connection.created_at));
    result["LastModifiedTime"] = Value(to_millis(connection.modified_at));
    return result;
}

Value describe_changed(const schema::ConnectionInfo& connection) {
    Value result = describe_made(connection);
    result["LastAuthorizedTime"] = Value(to_millis(connection.authorized_at));
    return result;
}

Value describe_deleted(const schema::ConnectionInfo& connection) {
    Value result = describe_changed(connection);
    result["ConnectionState"] = Value("DELETING");
    return result;
}

Value describe_listed(const schema::ConnectionInfo& connection) {
    Value result = describe_changed(connection);
    result["Name"] = Value(connection.name);
    result["AuthorizationType"] = Value(connection.auth.type);
    return result;
}

void show_parameters(Value& into, const char* name,
                     const std::vector<schema::HttpParameter>& parameters) {
    for (const auto& one : parameters) {
        Value item;
        item["Key"] = Value(one.key);
        if (!one.is_secret) item["Value"] = Value(one.value);
        item["IsValueSecret"] = Value::flag(one.is_secret);
        into[name].push_back(std::move(item));
    }
}

void show_http(Value& into, const char* name,
               const std::optional<schema::HttpParameters>& parameters) {
    if (!parameters) return;
    Value http{Value::Map()};
    show_parameters(http, "HeaderParameters", parameters->headers);
    show_parameters(http, "QueryStringParameters", parameters->query);
    show_parameters(http, "BodyParameters", parameters->body);
    into[name] = std::move(http);
}

Value show_auth(const schema::ConnectionAuth& auth) {
    Value result{Value::Map()};
    if (auth.type == "BASIC") {
        result["BasicAuthParameters"]["Username"] = Value(auth.username);
    } else if (auth.type == "API_KEY") {
        result["ApiKeyAuthParameters"]["ApiKeyName"] = Value(auth.key_name);
    } else if (auth.oauth) {
        Value oauth;
        oauth["ClientParameters"]["ClientID"] = Value(auth.oauth->client_id);
        oauth["AuthorizationEndpoint"] = Value(auth.oauth->endpoint);
        oauth["HttpMethod"] = Value(auth.oauth->http_method);
        show_http(oauth, "OAuthHttpParameters", auth.oauth->parameters);
        result["OAuthParameters"] = std::move(oauth);
    }
    show_http(result, "InvocationHttpParameters", auth.invocation);
    return result;
}

Value show_connection(const schema::ConnectionInfo& connection) {
    Value result = describe_listed(connection);
    if (!connection.description.empty()) result["Description"] = Value(connection.description);
    result["AuthParameters"] = show_auth(connection.auth);
    return result;
}

Value describe_page(const schema::ConnectionList& page) {
    Value result;
    result["Connections"] = Value(Value::List());
    for (const auto& one : page.connections) result["Connections"].push_back(describe_listed(one));
    if (!page.next.empty()) result["NextToken"] = aws::to_page_token(page.next);
    return result;
}

}  // namespace

Outcome create_connection(Call& call) {
    return ask(call, read_create(call.input), &describe_made);
}

Outcome update_connection(Call& call) {
    return ask(call, read_update(call.input), &describe_changed);
}

Outcome delete_connection(Call& call) {
    return ask<schema::DeleteConnection>(
        call, schema::DeleteConnection{.name = call.input.text_of("Name")}, &describe_deleted);
}

Outcome deauthorize_connection(Call& call) {
    return ask<schema::DeauthorizeConnection>(
        call, schema::DeauthorizeConnection{.name = call.input.text_of("Name")}, &describe_changed);
}

Outcome describe_connection(Call& call) {
    return ask<schema::GetConnection>(
        call, schema::GetConnection{.name = call.input.text_of("Name")}, &show_connection);
}

Outcome list_connections(Call& call) {
    return ask(call, read_list(call.input), &describe_page);
}

}  // namespace onput::gateway::events
