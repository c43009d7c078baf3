// A store that was restored from a backup. Its journal goes on under a new epoch, because readers
// may have seen other records under the numbers that follow: a tail that goes on where it was says
// so. To the queue service, which is restored with it, its deliveries keep their source, so that
// what both know is not delivered twice.
#pragma once

#include <string>

#include "common/store/store.hpp"

namespace onput::notifier {

// Gives the journal a new epoch when `directory` has the mark of a restore
// (common/store/backup_manifest.hpp). Before the store is restored from. True: it had the mark,
// which end_restored removes once this is durable; whoever is killed before does it again.
Result<bool> renew_restored_journal(store::Store& store, const std::string& directory,
                                    const std::string& new_epoch);
Result<void> end_restored(const std::string& directory);

}  // namespace onput::notifier
