// `onput user` and `onput key`: the users of an account and their access keys, as IAM has them.
#pragma once

#include <string>
#include <vector>

#include "services/ctl/commands.hpp"

namespace onput::ctl {

struct UserOptions {
    std::string name;
    std::string path = "/";
    std::vector<std::string> policies;  // ARNs, or names of AWS's managed policies or own ones.
    std::string access_key;
};

ExitCode run_user_create(const GlobalOptions& global, const UserOptions& options);
ExitCode run_user_list(const GlobalOptions& global, const UserOptions& options);
ExitCode run_user_show(const GlobalOptions& global, const UserOptions& options);
// With its keys and policies, and out of its groups.
ExitCode run_user_remove(const GlobalOptions& global, const UserOptions& options);
ExitCode run_user_attach(const GlobalOptions& global, const UserOptions& options);
ExitCode run_user_detach(const GlobalOptions& global, const UserOptions& options);
ExitCode run_key_create(const GlobalOptions& global, const UserOptions& options);
ExitCode run_key_list(const GlobalOptions& global, const UserOptions& options);
ExitCode run_key_on(const GlobalOptions& global, const UserOptions& options);
ExitCode run_key_off(const GlobalOptions& global, const UserOptions& options);
ExitCode run_key_remove(const GlobalOptions& global, const UserOptions& options);

}  // namespace onput::ctl
