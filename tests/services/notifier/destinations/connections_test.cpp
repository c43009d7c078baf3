// Connections and API destinations: what is taken, kept and told.
#include "tests/services/notifier/destinations/harness.hpp"

namespace onput::notifier {
namespace {

using namespace std::chrono_literals;
using schema::ConnectionState;

schema::ConnectionAuth oauth() {
    return {.type = "OAUTH_CLIENT_CREDENTIALS",
            .oauth = schema::OAuthClient{
                .client_id = "id",
                .client_secret = "geheim-client",
                .endpoint = "https://auth.example/token",
                .http_method = "POST",
                .parameters = schema::HttpParameters{
                    .body = {{.key = "scope", .value = "all", .is_secret = false}}}}};
}

TEST_F(DestinationsTest, a_connection_tells_no_secret_and_keeps_none_in_the_clear) {
    schema::ConnectionAuth auth = basic();
    auth.invocation = schema::HttpParameters{
        .headers = {{.key = "x-open", .value = "shown"},
                    {.key = "x-secret", .value = "geheim-header", .is_secret = true}}};
    const auto made = connect(auth);
    EXPECT_EQ(made.name, "c");
    EXPECT_TRUE(made.arn.starts_with("arn:aws:events:us-east-1:000000000000:connection/c/"));
    for (const auto& told : {made, connection()}) {
        EXPECT_EQ(told.auth.username, "user");
        EXPECT_EQ(told.auth.password, "");
        EXPECT_EQ(told.sealed, "");
        EXPECT_EQ(told.auth.invocation->headers[0].value, "shown");
        EXPECT_EQ(told.auth.invocation->headers[1].value, "");
        EXPECT_TRUE(told.auth.invocation->headers[1].is_secret);
    }
    const auto rows =
        readable->scan(std::string(partition), store::Range::of_prefix("C/"), {10, 1 << 20});
    ASSERT_TRUE(rows);
    ASSERT_EQ(rows->size(), 1u);
    EXPECT_FALSE(rows->front().value.contains("geheim"));
    crash();
    EXPECT_EQ(connection(), made);
}

TEST_F(DestinationsTest, without_a_master_key_none_is_made) {
    use_keys({});
    const std::string refused = refusal(schema::CreateConnection{.name = "c", .auth = basic()});
    EXPECT_TRUE(refused.starts_with("NoMasterKey: ")) << refused;
    EXPECT_TRUE(refused.contains("master_keys_secret")) << refused;
}

TEST_F(DestinationsTest, what_its_type_needs_must_be_there) {
    const auto refused = [this](schema::ConnectionAuth auth) {
        return refusal(schema::CreateConnection{.name = "c", .auth = std::move(auth)});
    };
    EXPECT_TRUE(refused({.type = "BASIC", .username = "user"}).contains("BasicAuthParameters"));
    EXPECT_TRUE(refused({.type = "API_KEY", .key_name = "k"}).contains("ApiKeyAuthParameters"));
    EXPECT_TRUE(refused({.type = "API_KEY", .key_name = "Host", .key_value = "v"})
                    .contains("no header that may be set"));
    EXPECT_TRUE(refused({.type = "API_KEY", .key_name = "a b", .key_value = "v"})
                    .contains("no header that may be set"));
    EXPECT_TRUE(refused({.type = "API_KEY", .key_name = "k", .key_value = "v\r\nx: y"})
                    .contains("one line"));
    EXPECT_TRUE(refused({.type = "OAUTH_CLIENT_CREDENTIALS"}).contains("OAuthParameters"));
    EXPECT_TRUE(refused({.type = "DIGEST"}).contains("AuthorizationType"));
    schema::ConnectionAuth plain = oauth();
    plain.oauth->endpoint = "http://auth.example/token";
    EXPECT_TRUE(refused(plain).contains("it must be https"));
    schema::ConnectionAuth many = basic();
    many.invocation.emplace();
    many.invocation->query.resize(schema::http_parameters_max + 1);
    EXPECT_TRUE(refused(many).contains("more than 100 parameters"));
}

TEST_F(DestinationsTest, an_update_changes_what_is_given_and_keeps_the_other_secrets) {
    const auto made = connect();
    now += 1s;
    const auto changed = apply(
        schema::UpdateConnection{.name = "c", .description = "d", .auth = {.username = "u2"}});
    ASSERT_TRUE(changed) << changed.error().message;
    EXPECT_EQ(changed->arn, made.arn);
    EXPECT_EQ(changed->auth.username, "u2");
    EXPECT_EQ(changed->description, "d");
    EXPECT_EQ(changed->created_at, made.created_at);
    EXPECT_EQ(changed->modified_at, now);
    EXPECT_EQ(refusal(schema::UpdateConnection{.name = "c", .auth = {.type = "API_KEY"}}),
              "ValidationException: Parameter ApiKeyAuthParameters is not valid. Reason: it is "
              "required for AuthorizationType API_KEY.");
    EXPECT_TRUE(refusal(schema::UpdateConnection{.name = "x"}).contains("'x' does not exist"));
}

TEST_F(DestinationsTest, a_deauthorized_one_has_no_secrets_and_an_update_brings_new_ones) {
    const auto made = connect();
    destine({.connection_arn = made.arn});
    EXPECT_TRUE(destination().is_active);
    const auto ended = apply(schema::DeauthorizeConnection{.name = "c"});
    ASSERT_TRUE(ended);
    EXPECT_EQ(ended->state, static_cast<std::uint8_t>(ConnectionState::deauthorized));
    sync();
    crash();
    EXPECT_EQ(connection().state, static_cast<std::uint8_t>(ConnectionState::deauthorized));
    EXPECT_FALSE(destination().is_active);
    EXPECT_TRUE(refusal(schema::UpdateConnection{.name = "c", .auth = {.username = "u2"}})
                    .contains("BasicAuthParameters"));
    ASSERT_TRUE(apply(schema::UpdateConnection{.name = "c", .auth = basic()}));
    EXPECT_TRUE(destination().is_active);
    ASSERT_TRUE(apply(schema::DeleteConnection{.name = "c"}));
    EXPECT_FALSE(destination().is_active);
}

TEST_F(DestinationsTest, a_secret_parameter_that_was_removed_must_be_given_again) {
    const schema::HttpParameters open{.headers = {{.key = "x-open", .value = ""}}};
    const schema::HttpParameters secret{
        .query = {{.key = "token", .value = "geheim", .is_secret = true}}};
    const std::string refused =
        "ValidationException: Parameter token is not valid. Reason: its "
        "value was removed; give it again.";
    schema::ConnectionAuth auth = basic();
    auth.invocation = secret;
    connect(auth);
    ASSERT_TRUE(apply(schema::UpdateConnection{.name = "c", .auth = basic()})) << "it is known";
    ASSERT_TRUE(apply(schema::DeauthorizeConnection{.name = "c"}));
    EXPECT_EQ(refusal(schema::UpdateConnection{.name = "c", .auth = basic()}), refused);
    EXPECT_EQ(connection().state, static_cast<std::uint8_t>(ConnectionState::deauthorized));
    ASSERT_TRUE(apply(schema::UpdateConnection{.name = "c", .auth = auth}));

    // Of the request for a token as well, and while the master key is missing.
    schema::ConnectionAuth client = oauth();
    client.invocation = open;
    client.oauth->parameters = secret;
    ASSERT_TRUE(apply(schema::UpdateConnection{.name = "c", .auth = client}));
    sync();
    use_keys({master_key("second", 'z')});
    schema::ConnectionAuth again = oauth();
    again.oauth->parameters.reset();
    EXPECT_EQ(refusal(schema::UpdateConnection{.name = "c", .auth = again}), refused);
    ASSERT_TRUE(apply(schema::UpdateConnection{.name = "c", .auth = client}));
}

TEST_F(DestinationsTest, names_are_taken_once_and_limits_hold) {
    CoreOptions few = options;
    few.connections.connections_max = 1;
    few.connections.destinations_max = 1;
    restart_with(few);
    const auto made = connect();
    EXPECT_TRUE(refusal(schema::CreateConnection{.name = "c", .auth = basic()})
                    .starts_with("ResourceAlreadyExistsException: "));
    EXPECT_TRUE(refusal(schema::CreateConnection{.name = "e", .auth = basic()})
                    .starts_with("LimitExceededException: "));
    destine({.connection_arn = made.arn});
    const schema::CreateApiDestination again{.name = "d",
                                             .connection_arn = made.arn,
                                             .endpoint = "https://api.example/",
                                             .http_method = "POST"};
    EXPECT_TRUE(refusal(again).starts_with("ResourceAlreadyExistsException: "));
    schema::CreateApiDestination other = again;
    other.name = "e";
    EXPECT_TRUE(refusal(other).starts_with("LimitExceededException: "));
}

TEST_F(DestinationsTest, an_endpoint_is_a_url_with_tls_unless_private_networks_are_open) {
    const std::string arn = connect().arn;
    const auto refused = [&](const std::string& endpoint) {
        return refusal(schema::CreateApiDestination{
            .name = "d", .connection_arn = arn, .endpoint = endpoint, .http_method = "POST"});
    };
    EXPECT_TRUE(refused("http://api.example/").contains("it must be https"));
    EXPECT_TRUE(refused("https://*.example/").contains("its host has a '*'"));
    EXPECT_TRUE(refused("https://u:p@api.example/").contains("it has a login"));
    EXPECT_TRUE(refused("https:///path").contains("it is no https URL"));
    EXPECT_TRUE(refused("https://api.example/#a").contains("it has a fragment"));
    EXPECT_TRUE(refused("file:///etc/passwd").contains("it is no https URL"));
    CoreOptions open = options;
    open.connections.allows_http = true;
    restart_with(open);
    destine({.connection_arn = arn, .endpoint = "http://127.0.0.1:8080/a/*"});
    EXPECT_TRUE(refusal(schema::UpdateApiDestination{.name = "d", .http_method = "TRACE"})
                    .contains("HttpMethod TRACE"));
    EXPECT_TRUE(refusal(schema::UpdateApiDestination{.name = "d", .rate_per_second = 0})
                    .contains("at least 1"));
    EXPECT_TRUE(refusal(schema::UpdateApiDestination{.name = "d", .connection_arn = arn + "x"})
                    .starts_with("ResourceNotFoundException: "));
}

TEST_F(DestinationsTest, lists_are_of_the_caller_s_own_by_name_and_in_pages) {
    const std::string arn = connect().arn;
    for (const char* name : {"a", "b", "x"}) destine({.name = name, .connection_arn = arn});
    const auto& book = core->connections();
    const auto page = book.list_destinations({.destinations_max = 2}, owner()).value();
    ASSERT_EQ(page.destinations.size(), 2u);
    EXPECT_EQ(page.next, "b");
    const auto rest = book.list_destinations({.after = page.next}, owner()).value();
    ASSERT_EQ(rest.destinations.size(), 1u);
    EXPECT_EQ(rest.destinations[0].name, "x");
    EXPECT_EQ(book.list_destinations({.prefix = "x"}, owner())->destinations.size(), 1u);
    EXPECT_TRUE(book.list_destinations({.connection_arn = "other"}, owner())->destinations.empty());
    Caller stranger = owner();
    stranger.principal.account = "111111111111";
    EXPECT_TRUE(book.list_destinations({}, stranger)->destinations.empty());
    EXPECT_TRUE(book.list({}, stranger)->connections.empty());
    EXPECT_EQ(book.list({}, owner())->connections.size(), 1u);
    EXPECT_TRUE(book.list({.state = 1}, owner())->connections.empty());
    EXPECT_FALSE(book.get({.name = "c"}, stranger));
}

}  // namespace
}  // namespace onput::notifier
