#include "services/ctl/users.hpp"

#include <memory>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "common/base/printable.hpp"
#include "common/schema/access_keys.hpp"
#include "common/schema/json.hpp"
#include "services/ctl/find_instance.hpp"
#include "services/ctl/output.hpp"
#include "services/ctl/peers.hpp"

namespace onput::ctl {
namespace {

using schema::EntityKind;

// A running instance, asked one thing after the other.
class Session {
public:
    static Result<std::unique_ptr<Session>> open(const GlobalOptions& global) {
        ONPUT_TRY(const auto instance, find_running(data_directory(global.data)));
        return std::make_unique<Session>(instance);
    }
    explicit Session(const Instance& instance) : loop_(context_), peers_(loop_, instance) {}

    template <schema::Message M>
    Result<typename M::Reply> ask(const M& message) {
        return peers_.ask(peers_.storage(), message);
    }
    [[nodiscard]] const std::string& account() const { return peers_.principal().account; }

private:
    transport::Context context_;
    transport::Loop loop_;
    Peers peers_;
};

// Runs a command of one user and reports what went wrong.
template <typename Run>
ExitCode with_session(std::string_view command, const GlobalOptions& global, Run run) {
    const auto session = Session::open(global);
    if (!session) return report(command, session.error());
    const Result<void> done = run(**session);
    return done ? ExitCode::ok : report(command, done.error());
}

// An ARN, or the name of a policy of the account or of AWS.
Result<std::string> find_policy(Session& session, const std::string& written) {
    if (written.starts_with("arn:")) return written;
    schema::ListEntities message{.kind = EntityKind::policy,
                                 .limit = schema::entities_listed_max,
                                 .scope = schema::PolicyScope::all};
    do {
        ONPUT_TRY(const auto page, session.ask(message));
        for (const auto& policy : page.entities) {
            if (policy.name == written) return schema::entity_arn(policy);
        }
        message.after = page.next;
    } while (!message.after.empty());
    return fail(ErrorCode::not_found,
                fmt::format("there is no policy {}; \"onput aws -- iam list-policies\" shows them",
                            printable(written)));
}

Result<void> attach_all(Session& session, const UserOptions& options) {
    for (const std::string& written : options.policies) {
        ONPUT_TRY(std::string arn, find_policy(session, written));
        ONPUT_TRY_VOID(session.ask(schema::AttachPolicy{
            .kind = EntityKind::user, .name = options.name, .policy_arn = std::move(arn)}));
    }
    return {};
}

void show_keys(const schema::AccessKeyList& list) {
    Table table({"access key", "state", "created", "last used"});
    for (const auto& key : list.keys) {
        table.add({key.id, key.is_active ? "on" : "off", format_iso8601_millis(key.created_at),
                   key.last_use ? fmt::format("{} {}", format_iso8601_millis(key.last_use->at),
                                              key.last_use->service)
                                : "never"},
                  key.is_active ? Tone::plain : Tone::warning);
    }
    fmt::print("{}", table.text());
}

Result<void> set_key(Session& session, const UserOptions& options, bool is_active) {
    ONPUT_TRY(const auto found, session.ask(schema::FindAccessKey{.id = options.access_key}));
    ONPUT_TRY_VOID(session.ask(schema::UpdateAccessKey{
        .user = found.key.user, .id = options.access_key, .is_active = is_active}));
    fmt::print("{} of {} is {}\n", options.access_key, printable(found.key.user),
               is_active ? "on" : "off");
    return {};
}

}  // namespace

ExitCode run_user_create(const GlobalOptions& global, const UserOptions& options) {
    return with_session("user", global, [&](Session& session) -> Result<void> {
        ONPUT_TRY(const auto user,
                  session.ask(schema::CreateEntity{
                      .kind = EntityKind::user, .name = options.name, .path = options.path}));
        ONPUT_TRY_VOID(attach_all(session, options));
        if (global.output == OutputFormat::json) {
            fmt::print("{}\n", schema::to_json(user));
            return {};
        }
        fmt::print("{}\n", schema::entity_arn(user));
        if (!global.quiet) {
            fmt::print(stderr, "Next: onput key create {}{}\n", printable(options.name),
                       options.policies.empty() ? fmt::format("; onput user attach {} "
                                                              "AmazonS3ReadOnlyAccess",
                                                              printable(options.name))
                                                : "");
        }
        return {};
    });
}

ExitCode run_user_list(const GlobalOptions& global, const UserOptions&) {
    return with_session("user", global, [&](Session& session) -> Result<void> {
        schema::ListEntities message{.kind = EntityKind::user,
                                     .limit = schema::entities_listed_max};
        Table table({"user", "path", "created", "keys", "policies", "groups"});
        do {
            ONPUT_TRY(const auto page, session.ask(message));
            if (global.output == OutputFormat::json) fmt::print("{}\n", schema::to_json(page));
            for (const auto& user : page.entities) {
                table.add({user.name, user.path, format_iso8601_millis(user.created_at),
                           fmt::format("{}", user.access_keys.size()),
                           fmt::format("{}", user.policies.size() + user.attached.size()),
                           printable(fmt::format("{}", fmt::join(user.groups, ", ")))});
            }
            message.after = page.next;
        } while (!message.after.empty());
        if (global.output == OutputFormat::table) fmt::print("{}", table.text());
        return {};
    });
}

ExitCode run_user_show(const GlobalOptions& global, const UserOptions& options) {
    return with_session("user", global, [&](Session& session) -> Result<void> {
        ONPUT_TRY(const auto user,
                  session.ask(schema::GetEntity{.kind = EntityKind::user, .name = options.name}));
        if (global.output == OutputFormat::json) {
            fmt::print("{}\n", schema::to_json(user));
            return {};
        }
        ONPUT_TRY(const auto keys, session.ask(schema::ListAccessKeys{.user = options.name}));
        fmt::print("{}\nid {}, created {}\n\n", schema::entity_arn(user), user.id,
                   format_iso8601_millis(user.created_at));
        for (const auto& name : user.groups) fmt::print("group     {}\n", printable(name));
        if (!user.boundary.empty()) fmt::print("boundary  {}\n", printable(user.boundary));
        for (const auto& arn : user.attached) fmt::print("attached  {}\n", printable(arn));
        for (const auto& policy : user.policies) {
            fmt::print("own       {}\n{}", printable(policy.name),
                       wrapped(policy.document, terminal_columns / 8));
        }
        if (user.attached.empty() && user.policies.empty() && user.groups.empty())
            fmt::print("no policies: it may do what policies of buckets, queues and topics say\n");
        fmt::print("\n");
        show_keys(keys);
        return {};
    });
}

ExitCode run_user_remove(const GlobalOptions& global, const UserOptions& options) {
    return with_session("user", global, [&](Session& session) -> Result<void> {
        ONPUT_TRY(const auto user,
                  session.ask(schema::GetEntity{.kind = EntityKind::user, .name = options.name}));
        for (const auto& key : user.access_keys)
            ONPUT_TRY_VOID(session.ask(schema::DeleteAccessKey{.user = user.name, .id = key}));
        for (const auto& group : user.groups) {
            ONPUT_TRY_VOID(session.ask(
                schema::ChangeMembership{.group = group, .user = user.name, .is_member = false}));
        }
        for (const auto& arn : user.attached) {
            ONPUT_TRY_VOID(session.ask(schema::DetachPolicy{
                .kind = EntityKind::user, .name = user.name, .policy_arn = arn}));
        }
        for (const auto& policy : user.policies) {
            ONPUT_TRY_VOID(session.ask(schema::DeleteEntityPolicy{
                .kind = EntityKind::user, .name = user.name, .policy_name = policy.name}));
        }
        ONPUT_TRY_VOID(
            session.ask(schema::DeleteEntity{.kind = EntityKind::user, .name = user.name}));
        fmt::print("removed {} and {} access keys\n", printable(user.name),
                   user.access_keys.size());
        return {};
    });
}

ExitCode run_user_attach(const GlobalOptions& global, const UserOptions& options) {
    return with_session("user", global, [&](Session& session) -> Result<void> {
        ONPUT_TRY_VOID(attach_all(session, options));
        fmt::print("{} has {}\n", printable(options.name),
                   printable(fmt::format("{}", fmt::join(options.policies, ", "))));
        return {};
    });
}

ExitCode run_user_detach(const GlobalOptions& global, const UserOptions& options) {
    return with_session("user", global, [&](Session& session) -> Result<void> {
        for (const std::string& written : options.policies) {
            ONPUT_TRY(std::string arn, find_policy(session, written));
            ONPUT_TRY_VOID(session.ask(schema::DetachPolicy{
                .kind = EntityKind::user, .name = options.name, .policy_arn = std::move(arn)}));
        }
        return {};
    });
}

ExitCode run_key_create(const GlobalOptions& global, const UserOptions& options) {
    return with_session("key", global, [&](Session& session) -> Result<void> {
        ONPUT_TRY(const auto made, session.ask(schema::CreateAccessKey{.user = options.name}));
        if (global.output == OutputFormat::json) {
            fmt::print("{}\n", schema::to_json(made));
            return {};
        }
        fmt::print("export AWS_ACCESS_KEY_ID={}\nexport AWS_SECRET_ACCESS_KEY={}\n", made.key.id,
                   made.secret);
        if (!global.quiet) fmt::print(stderr, "The secret is shown this once only.\n");
        return {};
    });
}

ExitCode run_key_list(const GlobalOptions& global, const UserOptions& options) {
    return with_session("key", global, [&](Session& session) -> Result<void> {
        ONPUT_TRY(const auto list, session.ask(schema::ListAccessKeys{.user = options.name}));
        if (global.output == OutputFormat::json) {
            fmt::print("{}\n", schema::to_json(list));
        } else {
            show_keys(list);
        }
        return {};
    });
}

ExitCode run_key_on(const GlobalOptions& global, const UserOptions& options) {
    return with_session("key", global,
                        [&](Session& session) { return set_key(session, options, true); });
}

ExitCode run_key_off(const GlobalOptions& global, const UserOptions& options) {
    return with_session("key", global,
                        [&](Session& session) { return set_key(session, options, false); });
}

ExitCode run_key_remove(const GlobalOptions& global, const UserOptions& options) {
    return with_session("key", global, [&](Session& session) -> Result<void> {
        ONPUT_TRY(const auto found, session.ask(schema::FindAccessKey{.id = options.access_key}));
        ONPUT_TRY_VOID(
            session.ask(schema::DeleteAccessKey{.user = found.key.user, .id = options.access_key}));
        fmt::print("removed {} of {}\n", options.access_key, printable(found.key.user));
        return {};
    });
}

}  // namespace onput::ctl
