#include "services/notifier/restored.hpp"

#include <fstream>

#include "common/store/backup_manifest.hpp"
#include "tests/services/notifier/harness.hpp"
#include "tests/support/temp_directory.hpp"

namespace onput::notifier {
namespace {

class RestoredTest : public NotifierTest {
protected:
    void mark() const { std::ofstream(directory.path() + '/' + std::string(store::restored_mark)); }
    support::TempDirectory directory;
};

TEST_F(RestoredTest, a_restored_journal_goes_on_under_another_epoch_and_delivers_as_before) {
    append_durably({owe(queue_a)});
    const auto before = due();
    ASSERT_EQ(before.size(), 1u);
    const std::string epoch = core->epoch();
    mark();
    core.reset();
    store.crash();
    EXPECT_EQ(renew_restored_journal(store, directory.path(), "new"), true);
    start();
    EXPECT_EQ(core->epoch(), "new");
    EXPECT_EQ(core->head(), 1u);
    const auto again = due();
    ASSERT_EQ(again.size(), 1u);
    EXPECT_EQ(again[0].message.source, epoch);
    EXPECT_EQ(again[0].message.items[0].number, before[0].message.items[0].number);

    // Until the mark is gone each start does it again.
    core.reset();
    store.crash();
    EXPECT_EQ(renew_restored_journal(store, directory.path(), "newer"), true);
    start();
    EXPECT_EQ(core->epoch(), "newer");
    EXPECT_EQ(due().at(0).message.source, epoch);
    ASSERT_TRUE(end_restored(directory.path()));
    EXPECT_EQ(renew_restored_journal(store, directory.path(), "newest"), false);
}

TEST_F(RestoredTest, an_empty_store_makes_its_own) {
    support::MemoryStore empty;
    mark();
    EXPECT_EQ(renew_restored_journal(empty, directory.path(), "new"), true);
    EXPECT_TRUE(end_restored(directory.path()));
}

}  // namespace
}  // namespace onput::notifier
