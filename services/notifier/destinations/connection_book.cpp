#include "services/notifier/destinations/connection_book.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "common/auth/iam_arn.hpp"
#include "common/base/cipher.hpp"
#include "common/base/encoding.hpp"
#include "common/service/rows.hpp"
#include "services/notifier/destinations/connection_auth.hpp"
#include "services/notifier/journal/records.hpp"
#include "services/notifier/rules/event_document.hpp"
#include "services/notifier/rules/rule_refusal.hpp"

namespace onput::notifier {
namespace {

constexpr std::size_t uuid_bytes = 16;

std::string row_of(std::string_view name) {
    return "C/" + std::string(name);
}

std::string context_of(std::string_view arn) {
    return fmt::format("onput connection\n{}", arn);
}

std::unexpected<Error> no_such_connection(std::string_view name) {
    return fail(ErrorCode::not_found, fmt::format("Connection '{}' does not exist.", name),
                "ResourceNotFoundException");
}

schema::ConnectionInfo told_connection(schema::ConnectionInfo info) {
    info.sealed.clear();
    info.master_key.clear();
    return info;
}

}  // namespace

std::string ConnectionBook::name_of(const std::string& account, std::string_view name) {
    return fmt::format("{}/{}", account, name);
}

void ConnectionBook::write(const schema::ConnectionInfo& info, store::Batch& batch) {
    batch.put(row_of(name_of(info.account, info.name)), schema::encode(info));
}

std::string ConnectionBook::row_name_in(std::string_view arn) {
    const std::string account(auth::account_in_arn(arn));
    const auto kind_end = arn.find('/');
    const auto name_end = arn.rfind('/');
    if (account.empty() || kind_end == std::string_view::npos || name_end <= kind_end) return {};
    return name_of(account, arn.substr(kind_end + 1, name_end - kind_end - 1));
}

std::string ConnectionBook::new_arn(std::string_view kind, const std::string& account,
                                    const std::string& name) const {
    return fmt::format("arn:aws:events:{}:{}:{}/{}/{}", options_.region, account, kind, name,
                       uuid_of(to_hex(options_.new_secret(uuid_bytes))));
}

Result<void> ConnectionBook::restore() {
    const auto take = [this](const store::Row& row) -> Result<void> {
        ONPUT_TRY(auto info, read_row<schema::ConnectionInfo>(row.key, row.value));
        auto auth = open_auth(info);
        std::string name = name_of(info.account, info.name);
        connections_[std::move(name)] = {.info = std::move(info), .auth = std::move(auth)};
        return {};
    };
    const auto take_destination = [this](const store::Row& row) -> Result<void> {
        ONPUT_TRY(auto info, read_row<schema::ApiDestinationInfo>(row.key, row.value));
        std::string name = name_of(info.account, info.name);
        destinations_[std::move(name)] = {.info = std::move(info), .rate = {}};
        return {};
    };
    ONPUT_TRY_VOID(service::for_each_row(view_, partition, store::Range::of_prefix("C/"), take));
    return service::for_each_row(view_, partition, store::Range::of_prefix("H/"), take_destination);
}

// --- Secrets ----------------------------------------------------------------------------------

Result<void> ConnectionBook::seal_auth(Connection& connection) const {
    if (options_.masters.is_empty()) {
        return fail(ErrorCode::unimplemented,
                    "Secrets of connections are sealed by a master key: the notifier has no "
                    "master_keys_secret.",
                    "NoMasterKey");
    }
    const auto& master = options_.masters.current();
    const schema::CreateConnection secrets{.name = connection.info.name, .auth = *connection.auth};
    connection.info.master_key = master.name;
    connection.info.sealed = seal(master.bytes, options_.new_secret(cipher_nonce_bytes),
                                  context_of(connection.info.arn), schema::encode(secrets));
    return {};
}

std::optional<schema::ConnectionAuth> ConnectionBook::open_auth(
    const schema::ConnectionInfo& info) const {
    const auto* master = options_.masters.find(info.master_key);
    if (master == nullptr || info.sealed.empty()) return std::nullopt;
    const auto opened = unseal(master->bytes, context_of(info.arn), info.sealed);
    if (!opened) return std::nullopt;
    auto secrets = schema::decode<schema::CreateConnection>(*opened);
    if (!secrets) return std::nullopt;
    return std::move(secrets->auth);
}

// --- Connections ------------------------------------------------------------------------------

Result<ConnectionBook::Connection*> ConnectionBook::known(std::string_view name,
                                                          const Caller& caller) {
    const auto found = connections_.find(name_of(caller.principal.account, name));
    if (found == connections_.end()) return no_such_connection(name);
    return &found->second;
}

const ConnectionBook::Connection* ConnectionBook::find_connection(std::string_view arn) const {
    const auto found = connections_.find(row_name_in(arn));
    if (found == connections_.end() || found->second.info.arn != arn) return nullptr;
    return &found->second;
}

Result<schema::ConnectionInfo> ConnectionBook::create(const schema::CreateConnection& request,
                                                      const Caller& caller, store::Batch& batch) {
    const std::string& account = caller.principal.account;
    const std::string name = name_of(account, request.name);
    if (connections_.contains(name)) {
        return fail(ErrorCode::conflict, fmt::format("Connection {} already exists.", request.name),
                    "ResourceAlreadyExistsException");
    }
    const auto count = std::ranges::count_if(
        connections_, [&account](const auto& row) { return row.second.info.account == account; });
    if (static_cast<std::size_t>(count) >= options_.connections_max) return too_many();
    ONPUT_TRY_VOID(check_auth(request.auth, options_.allows_http));
    Connection made{.info = {.arn = new_arn("connection", account, request.name),
                             .name = request.name,
                             .account = account,
                             .description = request.description,
                             .auth = told_auth(request.auth),
                             .created_at = caller.now,
                             .modified_at = caller.now,
                             .authorized_at = caller.now},
                    .auth = request.auth};
    ONPUT_TRY_VOID(seal_auth(made));
    write(made.info, batch);
    return told_connection((connections_[name] = std::move(made)).info);
}

Result<schema::ConnectionInfo> ConnectionBook::update(const schema::UpdateConnection& request,
                                                      const Caller& caller, store::Batch& batch) {
    ONPUT_TRY(Connection * known_one, known(request.name, caller));
    Connection changed = *known_one;
    // Without its secrets it takes all that a new one does.
    const bool has_secrets = changed.auth.has_value();
    changed.auth = merge_auth(changed.auth.value_or(changed.info.auth), request.auth);
    ONPUT_TRY_VOID(check_auth(*changed.auth, options_.allows_http));
    if (!has_secrets) ONPUT_TRY_VOID(check_secrets_given(*changed.auth));
    if (request.description) changed.info.description = *request.description;
    changed.info.auth = told_auth(*changed.auth);
    changed.info.state = static_cast<std::uint8_t>(schema::ConnectionState::authorized);
    changed.info.modified_at = caller.now;
    changed.info.authorized_at = caller.now;
    ONPUT_TRY_VOID(seal_auth(changed));
    *known_one = std::move(changed);
    write(known_one->info, batch);
    return told_connection(known_one->info);
}

Result<schema::ConnectionInfo> ConnectionBook::remove(const schema::DeleteConnection& request,
                                                      const Caller& caller, store::Batch& batch) {
    ONPUT_TRY(const Connection* connection, known(request.name, caller));
    auto removed = told_connection(connection->info);
    const std::string name = name_of(removed.account, removed.name);
    batch.remove(row_of(name));
    connections_.erase(name);
    return removed;
}

Result<schema::ConnectionInfo> ConnectionBook::deauthorize(
    const schema::DeauthorizeConnection& request, const Caller& caller, store::Batch& batch) {
    ONPUT_TRY(Connection * connection, known(request.name, caller));
    connection->auth.reset();
    connection->info.sealed.clear();
    connection->info.master_key.clear();
    connection->info.state = static_cast<std::uint8_t>(schema::ConnectionState::deauthorized);
    connection->info.modified_at = caller.now;
    write(connection->info, batch);
    return connection->info;
}

Result<schema::ConnectionInfo> ConnectionBook::get(const schema::GetConnection& request,
                                                   const Caller& caller) const {
    const auto found = connections_.find(name_of(caller.principal.account, request.name));
    if (found == connections_.end()) return no_such_connection(request.name);
    return told_connection(found->second.info);
}

Result<schema::ConnectionList> ConnectionBook::list(const schema::ListConnections& request,
                                                    const Caller& caller) const {
    const std::string own = name_of(caller.principal.account, "");
    const auto count_max =
        std::clamp<std::size_t>(request.connections_max, 1, schema::event_page_max);
    schema::ConnectionList page;
    for (auto at = connections_.upper_bound(own + request.after);
         at != connections_.end() && at->first.starts_with(own); ++at) {
        const schema::ConnectionInfo& info = at->second.info;
        if (!info.name.starts_with(request.prefix)) continue;
        if (request.state && *request.state != info.state) continue;
        if (page.connections.size() == count_max) {
            page.next = page.connections.back().name;
            break;
        }
        page.connections.push_back(told_connection(info));
    }
    return page;
}

}  // namespace onput::notifier
