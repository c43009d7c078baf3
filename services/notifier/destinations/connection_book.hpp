// ConnectionBook: API destinations, endpoints outside that rules call, and the connections that say
// who calls there. Pure.
//
//     connection:       create ── authorized ── deauthorize ── deauthorized ── update ── authorized
//     API destination:  active while its connection is there and authorized
//
// Rows, in the notifier's partition; "<name>" is "<account>/<name>":
//
//     C/<name>   ConnectionInfo, with its secrets sealed by a master key for its ARN
//     H/<name>   ApiDestinationInfo
//
// Everything is in memory as well, secrets unsealed. Without a master key no connection is made;
// one whose master key is missing is kept, and calls wait until a start brings the key, or an
// update all of its secrets.
//
// Commands check everything before their first change, and write their rows into the batch they
// are given; the caller answers when that is durable. Owned by NotifierCore. What belongs to
// another account does not exist for a caller.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/master_keys.hpp"
#include "common/schema/event_destinations.hpp"
#include "common/store/store.hpp"
#include "services/notifier/destinations/rate_window.hpp"
#include "services/notifier/effects.hpp"

namespace onput::notifier {

struct ConnectionBookOptions {
    std::string region = "us-east-1";
    MasterKeys masters = {};
    NewSecret new_secret = {};  // Platform::new_secret.
    bool allows_http = false;   // Endpoints without TLS.
    std::size_t connections_max = schema::connections_per_account_max;
    std::size_t destinations_max = schema::api_destinations_per_account_max;
};

// What a call needs; all of it is the book's, until its next command.
struct ApiCall {
    const schema::ApiDestinationInfo& destination;
    const schema::ConnectionInfo& connection;
    const schema::ConnectionAuth& auth;  // With its secrets.
    RateWindow& rate;                    // Of all targets that call it.
};

class ConnectionBook {
public:
    // `view` outlives it.
    ConnectionBook(ConnectionBookOptions options, const store::View& view)
        : options_(std::move(options)), view_(view) {}

    // Continues from the store. Called once, before anything else.
    Result<void> restore();

    Result<schema::ConnectionInfo> create(const schema::CreateConnection& request,
                                          const Caller& caller, store::Batch& batch);
    Result<schema::ConnectionInfo> update(const schema::UpdateConnection& request,
                                          const Caller& caller, store::Batch& batch);
    Result<schema::ConnectionInfo> remove(const schema::DeleteConnection& request,
                                          const Caller& caller, store::Batch& batch);
    Result<schema::ConnectionInfo> deauthorize(const schema::DeauthorizeConnection& request,
                                               const Caller& caller, store::Batch& batch);
    [[nodiscard]] Result<schema::ConnectionInfo> get(const schema::GetConnection& request,
                                                     const Caller& caller) const;
    [[nodiscard]] Result<schema::ConnectionList> list(const schema::ListConnections& request,
                                                      const Caller& caller) const;

    // API destinations (api_destinations.cpp).
    Result<schema::ApiDestinationInfo> create(const schema::CreateApiDestination& request,
                                              const Caller& caller, store::Batch& batch);
    Result<schema::ApiDestinationInfo> update(const schema::UpdateApiDestination& request,
                                              const Caller& caller, store::Batch& batch);
    Result<schema::Empty> remove(const schema::DeleteApiDestination& request, const Caller& caller,
                                 store::Batch& batch);
    [[nodiscard]] Result<schema::ApiDestinationInfo> get_destination(
        const schema::GetApiDestination& request, const Caller& caller) const;
    [[nodiscard]] Result<schema::ApiDestinationList> list_destinations(
        const schema::ListApiDestinations& request, const Caller& caller) const;

    // By the ARN of an API destination, for a target of `account`. Fails with not_found (it or its
    // connection is gone, or it is another account's), permission_denied (deauthorized) and
    // unavailable (the master key is missing).
    Result<ApiCall> find_call(std::string_view arn, std::string_view account);

private:
    struct Connection {
        schema::ConnectionInfo info;
        std::optional<schema::ConnectionAuth> auth;  // Nothing: none, or its key is missing.
    };
    struct ApiDestination {
        schema::ApiDestinationInfo info;
        RateWindow rate;
    };
    using Connections = std::map<std::string, Connection, std::less<>>;

    // What it is kept by: "<account>/<name>".
    static std::string name_of(const std::string& account, std::string_view name);
    // That of arn:aws:events:<region>:<account>:<kind>/<name>/<uuid>; empty: it is none.
    static std::string row_name_in(std::string_view arn);
    static void write(const schema::ConnectionInfo& info, store::Batch& batch);
    static void write(const schema::ApiDestinationInfo& info, store::Batch& batch);
    [[nodiscard]] std::string new_arn(std::string_view kind, const std::string& account,
                                      const std::string& name) const;
    Result<void> seal_auth(Connection& connection) const;
    [[nodiscard]] std::optional<schema::ConnectionAuth> open_auth(
        const schema::ConnectionInfo& info) const;
    Result<Connection*> known(std::string_view name, const Caller& caller);
    Result<ApiDestination*> known_destination(std::string_view name, const Caller& caller);
    // By the ARN of a connection; null: there is none.
    [[nodiscard]] const Connection* find_connection(std::string_view arn) const;
    [[nodiscard]] Result<void> check_destination(const schema::ApiDestinationInfo& info) const;
    [[nodiscard]] schema::ApiDestinationInfo told(const schema::ApiDestinationInfo& info) const;

    ConnectionBookOptions options_;
    const store::View& view_;
    Connections connections_;  // By "<account>/<name>".
    std::map<std::string, ApiDestination, std::less<>> destinations_;
};

}  // namespace onput::notifier
