#include "services/ctl/cli_users.hpp"

#include <string>

#include <CLI/CLI.hpp>

#include "services/ctl/cli_parts.hpp"

namespace onput::ctl {
namespace {

using Run = ExitCode (*)(const GlobalOptions&, const UserOptions&);

CLI::App* add_group(CLI::App& app, const std::string& name, const std::string& summary,
                    const std::string& examples) {
    auto* group = ctl::add_command(app, name, summary, examples);
    group->require_subcommand(1);
    return group;
}

CLI::App* add_leaf(CLI::App& group, UserChoices& c, const std::string& name,
                   const std::string& summary, Run run) {
    auto* command = group.add_subcommand(name, summary);
    command->fallthrough();
    command->callback([&c, run] { c.run = [&c, run] { return run(c.global, c.options); }; });
    return command;
}

CLI::App* with_user(CLI::App* command, UserChoices& c) {
    command->add_option("name", c.options.name, "The user")->required();
    return command;
}

CLI::App* with_key(CLI::App* command, UserChoices& c) {
    command->add_option("access_key", c.options.access_key, "AKIA...")->required();
    return command;
}

}  // namespace

void add_users(CLI::App& app, UserChoices& c) {
    auto* user = add_group(app, "user", "Users with rights of their own, as IAM has them",
                           "  onput user create ada --policy AmazonS3ReadOnlyAccess\n  onput key "
                           "create ada\n  onput user show ada");
    auto* create = with_user(add_leaf(*user, c, "create", "Make a user", run_user_create), c);
    create->add_option("--path", c.options.path, "Of the user, such as /team/")
        ->capture_default_str();
    create->add_option("--policy", c.options.policies,
                       "The name or ARN of a policy; may be repeated");
    add_leaf(*user, c, "ls", "List the users", run_user_list);
    with_user(add_leaf(*user, c, "show", "Show a user", run_user_show), c);
    with_user(add_leaf(*user, c, "rm", "Remove a user with its keys", run_user_remove), c);
    auto* attach = with_user(add_leaf(*user, c, "attach", "Give it policies", run_user_attach), c);
    auto* detach =
        with_user(add_leaf(*user, c, "detach", "Take policies off it", run_user_detach), c);
    for (auto* command : {attach, detach}) {
        command->add_option("policies", c.options.policies, "Names or ARNs of policies")
            ->required();
    }

    auto* key = add_group(app, "key", "Access keys of users",
                          "  onput key create ada\n  onput key ls ada\n  onput key off AKIA...");
    with_user(add_leaf(*key, c, "create", "Make a key and show its secret", run_key_create), c);
    with_user(add_leaf(*key, c, "ls", "List the keys of a user", run_key_list), c);
    with_key(add_leaf(*key, c, "on", "Let a key in again", run_key_on), c);
    with_key(add_leaf(*key, c, "off", "Keep a key out", run_key_off), c);
    with_key(add_leaf(*key, c, "rm", "Remove a key", run_key_remove), c);
}

}  // namespace onput::ctl
