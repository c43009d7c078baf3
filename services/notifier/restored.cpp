#include "services/notifier/restored.hpp"

#include "common/base/log.hpp"
#include "common/store/backup_manifest.hpp"
#include "common/store/file_io.hpp"
#include "common/store/readable_view.hpp"
#include "services/notifier/journal/records.hpp"

namespace onput::notifier {

namespace {

std::string mark_in(const std::string& directory) {
    return directory + '/' + std::string(store::restored_mark);
}

}  // namespace

Result<bool> renew_restored_journal(store::Store& store, const std::string& directory,
                                    const std::string& new_epoch) {
    ONPUT_TRY(const bool is_restored, store::path_exists(mark_in(directory)));
    if (!is_restored) return false;
    const store::ReadableView readable(store, nullptr);
    ONPUT_TRY(const auto kept, readable.get(partition, state_key()));
    if (kept) {
        ONPUT_TRY(auto state, read_row<JournalStateRecord>(state_key(), *kept));
        log::info("restored: the journal has a new epoch",
                  {{"before", state.epoch}, {"epoch", new_epoch}});
        if (state.delivery_source.empty()) state.delivery_source = state.epoch;
        state.epoch = new_epoch;
        store::Batch batch{std::string(partition)};
        batch.put(state_key(), schema::encode(state));
        ONPUT_TRY_VOID(store.commit(std::move(batch)));
    }
    return true;
}

Result<void> end_restored(const std::string& directory) {
    ONPUT_TRY_VOID(store::remove_file(mark_in(directory)));
    return store::sync_directory(directory);
}

}  // namespace onput::notifier
