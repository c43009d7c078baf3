// Requests to the notifier about API destinations of EventBridge and the connections that say who
// calls there.
//
// Reasons: ResourceNotFoundException, ResourceAlreadyExistsException, ValidationException,
// LimitExceededException, and NoMasterKey (unimplemented): secrets cannot be sealed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/schema/codec.hpp"
#include "common/schema/event_bus.hpp"
#include "common/schema/fields.hpp"
#include "common/schema/wire.hpp"

namespace onput::schema {

inline constexpr std::size_t connections_per_account_max = 3000;
inline constexpr std::size_t api_destinations_per_account_max = 3000;
inline constexpr std::uint32_t api_rate_default = 300;   // Calls per second.
inline constexpr std::size_t http_parameters_max = 100;  // Of one kind.

struct HttpParameter {
    std::string key = {};
    std::string value = {};  // Left out of what is told when it is secret.
    bool is_secret = false;

    ONPUT_FIELDS(key, value, is_secret)
    friend bool operator==(const HttpParameter&, const HttpParameter&) = default;
};

// What every call of a connection carries beside what its target says.
struct HttpParameters {
    std::vector<HttpParameter> headers = {};
    std::vector<HttpParameter> query = {};
    std::vector<HttpParameter> body = {};

    ONPUT_FIELDS(headers, query, body)
    friend bool operator==(const HttpParameters&, const HttpParameters&) = default;
};

struct OAuthClient {
    std::string client_id = {};
    std::string client_secret = {};  // Never told.
    std::string endpoint = {};
    std::string http_method = {};  // GET, POST or PUT.
    std::optional<HttpParameters> parameters = {};

    ONPUT_FIELDS(client_id, client_secret, endpoint, http_method, parameters)
    friend bool operator==(const OAuthClient&, const OAuthClient&) = default;
};

// Who calls. In an update what is empty stays as it is.
struct ConnectionAuth {
    std::string type = {};       // BASIC, API_KEY or OAUTH_CLIENT_CREDENTIALS.
    std::string username = {};   // BASIC.
    std::string password = {};   // Never told.
    std::string key_name = {};   // API_KEY: the header.
    std::string key_value = {};  // Never told.
    std::optional<OAuthClient> oauth = {};
    std::optional<HttpParameters> invocation = {};

    ONPUT_FIELDS(type, username, password, key_name, key_value, oauth, invocation)
    friend bool operator==(const ConnectionAuth&, const ConnectionAuth&) = default;
};

enum class ConnectionState : std::uint8_t {
    authorized = 0,
    deauthorized = 1,  // Its secrets are gone; nothing is called with it.
};

struct ConnectionInfo {
    static constexpr MessageInfo info{.kind = Kind::connection_info};

    std::string arn = {};  // arn:aws:events:<region>:<account>:connection/<name>/<uuid>
    std::string name = {};
    std::string account = {};
    std::string description = {};
    std::uint8_t state = 0;    // A ConnectionState.
    ConnectionAuth auth = {};  // Without secrets.
    Timestamp created_at = {};
    Timestamp modified_at = {};
    Timestamp authorized_at = {};
    // Of its row, and left out of what is told: CreateConnection with all secrets, sealed for this
    // ARN by the master key of this name.
    std::string sealed = {};
    std::string master_key = {};

    ONPUT_FIELDS(arn, name, account, description, state, auth, created_at, modified_at,
                 authorized_at, sealed, master_key)
    friend bool operator==(const ConnectionInfo&, const ConnectionInfo&) = default;
};

struct CreateConnection {
    static constexpr MessageInfo info{.kind = Kind::create_connection};
    static constexpr std::string_view method = "notifier.create_connection";
    using Reply = ConnectionInfo;

    std::string name = {};
    std::string description = {};
    ConnectionAuth auth = {};

    ONPUT_FIELDS(name, description, auth)
    friend bool operator==(const CreateConnection&, const CreateConnection&) = default;
};

// Changes what is given, and authorizes it again.
struct UpdateConnection {
    static constexpr MessageInfo info{.kind = Kind::update_connection};
    static constexpr std::string_view method = "notifier.update_connection";
    using Reply = ConnectionInfo;

    std::string name = {};
    std::optional<std::string> description = {};
    ConnectionAuth auth = {};

    ONPUT_FIELDS(name, description, auth)
    friend bool operator==(const UpdateConnection&, const UpdateConnection&) = default;
};

// Its API destinations stay, and are inactive.
struct DeleteConnection {
    static constexpr MessageInfo info{.kind = Kind::delete_connection};
    static constexpr std::string_view method = "notifier.delete_connection";
    using Reply = ConnectionInfo;

    std::string name = {};

    ONPUT_FIELDS(name)
    friend bool operator==(const DeleteConnection&, const DeleteConnection&) = default;
};

// Removes its secrets.
struct DeauthorizeConnection {
    static constexpr MessageInfo info{.kind = Kind::deauthorize_connection};
    static constexpr std::string_view method = "notifier.deauthorize_connection";
    using Reply = ConnectionInfo;

    std::string name = {};

    ONPUT_FIELDS(name)
    friend bool operator==(const DeauthorizeConnection&, const DeauthorizeConnection&) = default;
};

struct GetConnection {
    static constexpr MessageInfo info{.kind = Kind::get_connection};
    static constexpr std::string_view method = "notifier.get_connection";
    using Reply = ConnectionInfo;

    std::string name = {};

    ONPUT_FIELDS(name)
    friend bool operator==(const GetConnection&, const GetConnection&) = default;
};

struct ConnectionList {
    static constexpr MessageInfo info{.kind = Kind::connection_list};

    std::vector<ConnectionInfo> connections = {};
    std::string next = {};  // `after` of the next page; empty: this was the last.

    ONPUT_FIELDS(connections, next)
    friend bool operator==(const ConnectionList&, const ConnectionList&) = default;
};

// By name.
struct ListConnections {
    static constexpr MessageInfo info{.kind = Kind::list_connections};
    static constexpr std::string_view method = "notifier.list_connections";
    using Reply = ConnectionList;

    std::string prefix = {};  // Of names.
    std::optional<std::uint8_t> state = {};
    std::string after = {};
    std::uint32_t connections_max = event_page_max;

    ONPUT_FIELDS(prefix, state, after, connections_max)
    friend bool operator==(const ListConnections&, const ListConnections&) = default;
};

struct ApiDestinationInfo {
    static constexpr MessageInfo info{.kind = Kind::api_destination_info};

    std::string arn = {};  // arn:aws:events:<region>:<account>:api-destination/<name>/<uuid>
    std::string name = {};
    std::string account = {};
    std::string description = {};
    std::string connection_arn = {};
    std::string endpoint = {};     // A URL; each '*' is a target's path parameter.
    std::string http_method = {};  // "POST"
    std::uint32_t rate_per_second = api_rate_default;
    Timestamp created_at = {};
    Timestamp modified_at = {};
    bool is_active = true;  // Its connection is there and authorized. Of what is told.

    ONPUT_FIELDS(arn, name, account, description, connection_arn, endpoint, http_method,
                 rate_per_second, created_at, modified_at, is_active)
    friend bool operator==(const ApiDestinationInfo&, const ApiDestinationInfo&) = default;
};

struct CreateApiDestination {
    static constexpr MessageInfo info{.kind = Kind::create_api_destination};
    static constexpr std::string_view method = "notifier.create_api_destination";
    using Reply = ApiDestinationInfo;

    std::string name = {};
    std::string description = {};
    std::string connection_arn = {};
    std::string endpoint = {};
    std::string http_method = {};
    std::uint32_t rate_per_second = api_rate_default;

    ONPUT_FIELDS(name, description, connection_arn, endpoint, http_method, rate_per_second)
    friend bool operator==(const CreateApiDestination&, const CreateApiDestination&) = default;
};

// Changes what is given.
struct UpdateApiDestination {
    static constexpr MessageInfo info{.kind = Kind::update_api_destination};
    static constexpr std::string_view method = "notifier.update_api_destination";
    using Reply = ApiDestinationInfo;

    std::string name = {};
    std::optional<std::string> description = {};
    std::string connection_arn = {};  // Empty, as below: it stays as it is.
    std::string endpoint = {};
    std::string http_method = {};
    std::optional<std::uint32_t> rate_per_second = {};

    ONPUT_FIELDS(name, description, connection_arn, endpoint, http_method, rate_per_second)
    friend bool operator==(const UpdateApiDestination&, const UpdateApiDestination&) = default;
};

struct DeleteApiDestination {
    static constexpr MessageInfo info{.kind = Kind::delete_api_destination};
    static constexpr std::string_view method = "notifier.delete_api_destination";
    using Reply = Empty;

    std::string name = {};

    ONPUT_FIELDS(name)
    friend bool operator==(const DeleteApiDestination&, const DeleteApiDestination&) = default;
};

struct GetApiDestination {
    static constexpr MessageInfo info{.kind = Kind::get_api_destination};
    static constexpr std::string_view method = "notifier.get_api_destination";
    using Reply = ApiDestinationInfo;

    std::string name = {};

    ONPUT_FIELDS(name)
    friend bool operator==(const GetApiDestination&, const GetApiDestination&) = default;
};

struct ApiDestinationList {
    static constexpr MessageInfo info{.kind = Kind::api_destination_list};

    std::vector<ApiDestinationInfo> destinations = {};
    std::string next = {};

    ONPUT_FIELDS(destinations, next)
    friend bool operator==(const ApiDestinationList&, const ApiDestinationList&) = default;
};

// By name.
struct ListApiDestinations {
    static constexpr MessageInfo info{.kind = Kind::list_api_destinations};
    static constexpr std::string_view method = "notifier.list_api_destinations";
    using Reply = ApiDestinationList;

    std::string prefix = {};
    std::string connection_arn = {};  // Only those of this one; empty: all.
    std::string after = {};
    std::uint32_t destinations_max = event_page_max;

    ONPUT_FIELDS(prefix, connection_arn, after, destinations_max)
    friend bool operator==(const ListApiDestinations&, const ListApiDestinations&) = default;
};

}  // namespace onput::schema
