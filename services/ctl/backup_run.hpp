// BackupRun: the steps of `onput backup` (common/schema/backup.hpp), asked of all three services at
// once. Runs the loop of its peers; one thread.
#pragma once

#include <array>
#include <string>

#include "common/schema/backup.hpp"
#include "services/ctl/commands.hpp"
#include "services/ctl/output.hpp"
#include "services/ctl/peers.hpp"

namespace onput::ctl {

class BackupRun {
public:
    // Of storage, notifier and queue, in this order.
    using Replies = std::array<schema::ServiceBackupReply, 3>;
    struct Options {
        std::string target;  // As ServiceBackup has it.
        // How often services are told, while one of them takes its time, that somebody waits.
        Duration look_interval = schema::backup_look_interval;
    };

    BackupRun(const GlobalOptions& global, Peers& peers, Options options)
        : peers_(peers), options_(std::move(options)), progress_({.quiet = global.quiet}) {}

    // How much was copied. When it fails no part is a backup: the services were asked to remove
    // what they wrote. `timeout`: no moment was found that all had in time.
    Result<Replies> run();

private:
    Result<void> begin();
    Result<Replies> finish();
    Result<Replies> ask_all(schema::BackupStep step, Duration patience);
    void look_at_all();

    Peers& peers_;
    Options options_;
    std::string id_;
    Progress progress_;
};

}  // namespace onput::ctl
