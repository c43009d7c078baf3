// Each kind of damage that can be planted in a store is found, and named with its object.
#include "services/ctl/fsck.hpp"

#include <algorithm>

#include "tests/services/ctl/stored_data.hpp"
#include "tests/support/temp_directory.hpp"

namespace onput::ctl {
namespace {

namespace fs = std::filesystem;

using schema::ObjectRecord;

class FsckTest : public testing::Test {
protected:
    FsckTest() { write_storage(sound + "/storage", sound + "/storage/cold"); }

    // What fsck says of a copy to which `damage` was done; empty when it finds it sound.
    template <typename Damage>
    std::string found_after(Damage damage) {
        fs::remove_all(data);
        fs::copy(sound, data, fs::copy_options::recursive);
        damage(data + "/storage");
        return found_in(data);
    }
    std::string found_in(const std::string& folder, const FsckOptions& options = {}) {
        const auto reports = check_data(folder, options);
        EXPECT_TRUE(reports) << reports.error().message;
        if (!reports) return "?";
        std::string text;
        for (const auto& report : *reports) text += as_text(report);
        json::Writer out;
        write_json(out, *reports);
        is_sound = std::ranges::all_of(*reports, &FolderReport::is_sound);
        EXPECT_TRUE(out.take().starts_with(is_sound ? R"({"sound":true)" : R"({"sound":false)"));
        return text;
    }

    const support::TempDirectory directory;
    const std::string sound = directory.path_of("sound");
    const std::string data = directory.path_of("data");
    bool is_sound = false;
};

StoredPlace bytes_of(const std::string& folder, const std::string& name) {
    return find_bytes(folder, content_of(name, 100));
}

void put_row(const std::string& folder, const std::string& key, const std::string& value) {
    change_rows(folder, [&](store::Batch& batch) { batch.put(key, value); });
}

void remove_row(const std::string& folder, const std::string& key) {
    change_rows(folder, [&](store::Batch& batch) { batch.remove(key); });
}

ObjectRecord record_of(const std::string& folder, const std::string& key) {
    const auto rows = *store::open_rocks_store({.directory = folder}, {});
    return *schema::decode<ObjectRecord>(**rows->get(storage_partition, key));
}

TEST_F(FsckTest, a_sound_store_is_found_so) {
    const std::string text = found_in(sound);
    EXPECT_TRUE(is_sound) << text;
    EXPECT_FALSE(text.contains("have no row")) << text;
}

struct Planted {
    std::string kind;
    std::function<void(const std::string& folder)> damage;
    std::string words;
};

const std::vector<Planted>& planted() {
    static const std::vector<Planted> all{
        {"a flipped byte of a row",
         [](const auto& folder) { flip(find_bytes(folder + "/rows", noise(100)), 50); },
         "cannot be read"},
        {"bytes of a row that are gone", [](const auto& folder) { remove_row(folder, "d/b/row"); },
         "the bytes of b/row are missing"},
        {"bytes of a row that are cut",
         [](const auto& folder) { put_row(folder, "d/b/row", noise(499)); },
         "b/row has 499 bytes and its row says 500"},
        {"bytes without their object", [](const auto& folder) { remove_row(folder, "o/b/row"); },
         "bytes without an object, once of b/row"},
        {"a row that is no record", [](const auto& folder) { put_row(folder, "o/b/file", "?"); },
         "the row of b/file is damaged"},
        {"a flipped byte of a record",
         [](const auto& folder) { flip(bytes_of(folder + "/segments", "record"), 5'000); },
         "o/b/record: its bytes are damaged"},
        {"a flipped byte of a record's owner",
         [](const auto& folder) {
             flip(bytes_of(folder + "/segments", "record"), record_size + 3);
         },
         "has bytes of b/record"},
        {"a flipped byte of a record's header",
         [](const auto& folder) { flip(bytes_of(folder + "/segments", "record"), -40); },
         "the bytes of b/record are missing"},
        {"a record that is cut",
         [](const auto& folder) {
             const auto place = bytes_of(folder + "/segments", "begun");
             fs::resize_file(place.path, place.offset + 100);
         },
         "has bytes of a part of upload begun"},
        {"a segment that is gone",
         [](const auto& folder) { fs::remove(bytes_of(folder + "/segments", "record").path); },
         "the bytes of b/record are missing"},
        {"all segments that are gone",
         [](const auto& folder) { fs::remove_all(folder + "/segments"); },
         "the bytes of b/record are missing"},
        {"a flipped byte of a file",
         [](const auto& folder) { flip(bytes_of(folder + "/blobs", "file"), 150'000); },
         "o/b/file: its bytes from 131072 on are damaged"},
        {"a file that is cut",
         [](const auto& folder) { fs::resize_file(bytes_of(folder + "/blobs", "file").path, 900); },
         "has bytes of b/file"},
        {"a file that is gone",
         [](const auto& folder) { fs::remove(bytes_of(folder + "/blobs", "file").path); },
         "the bytes of b/file are missing"},
        {"a file under another's name",
         [](const auto& folder) {
             fs::copy_file(bytes_of(folder + "/blobs", "part-1").path,
                           bytes_of(folder + "/blobs", "file").path,
                           fs::copy_options::overwrite_existing);
         },
         "it is the file of another blob"},
        {"a size that the row's own blob contradicts",
         [](const auto& folder) {
             ObjectRecord record = record_of(folder, "o/b/file");
             record.size_bytes -= 1;
             put_row(folder, "o/b/file", schema::encode(record));
         },
         "the row of b/file contradicts itself"},
        {"a size that the stored bytes contradict",
         [](const auto& folder) {
             ObjectRecord record = record_of(folder, "o/b/file");
             auto blob = *store::parse_blob_ref(record.blob);
             record.size_bytes = blob.length = file_size - 1;
             record.blob = store::to_text(blob);
             put_row(folder, "o/b/file", schema::encode(record));
         },
         "the bytes of b/file are not as many as its row says"},
        {"a manifest that is no record",
         [](const auto& folder) { put_row(folder, "x/whole", "?"); },
         "the manifest of b/parts is damaged"},
        {"a manifest that is gone", [](const auto& folder) { remove_row(folder, "x/whole"); },
         "the manifest of b/parts is missing"},
        {"a manifest without a part",
         [](const auto& folder) {
             put_row(folder, "x/whole", schema::encode(schema::ManifestRecord{}));
         },
         "the parts of b/parts have 0 bytes"},
        {"a part that is gone",
         [](const auto& folder) { fs::remove(bytes_of(folder + "/blobs", "part-1").path); },
         "the bytes of part 1 of b/parts are missing"},
        {"a flipped byte of a part",
         [](const auto& folder) { flip(bytes_of(folder + "/segments", "part-2"), 5'000); },
         "o/b/part-2: its bytes are damaged"},
        {"a part of an upload that is gone",
         [](const auto& folder) {
             put_row(folder, "p/begun/00001",
                     schema::encode(schema::PartRecord{.size_bytes = 7, .blob = "99.4096.7"}));
         },
         "the bytes of a part of upload begun are missing"},
        {"bytes of an old version that are gone",
         [](const auto& folder) { remove_row(folder, std::string("w/b/old\0aaaaaaaa", 16)); },
         "the bytes of an old version of b/old are missing"},
        {"a listing that the usage contradicts",
         [](const auto& folder) { put_row(folder, "o/b/unseen", schema::encode(ObjectRecord{})); },
         "bucket b has 7 objects"},
        {"a flipped byte of an archived record",
         [](const auto& folder) { flip(bytes_of(folder + "/cold", "cold-record"), 5'000); },
         "o/b/cold-record: its bytes are damaged"},
        {"a flipped byte of an archived file",
         [](const auto& folder) { flip(bytes_of(folder + "/cold", "cold-file"), 150'000); },
         "o/b/cold-file: its bytes from 131072 on are damaged"},
        {"an archived file that is cut",
         [](const auto& folder) {
             fs::resize_file(bytes_of(folder + "/cold", "cold-file").path, 900);
         },
         "has bytes of the archived b/cold-file"},
        {"an archived file that is gone",
         [](const auto& folder) { fs::remove(bytes_of(folder + "/cold", "cold-file").path); },
         "the bytes of the archived b/cold-file are missing"},
        {"a cold directory that is gone",
         [](const auto& folder) { fs::remove_all(folder + "/cold"); }, "name its cold_data"},
    };
    return all;
}

TEST_F(FsckTest, each_kind_of_planted_damage_is_found) {
    for (const auto& [kind, damage, words] : planted()) {
        const std::string text = found_after(damage);
        EXPECT_FALSE(is_sound) << kind;
        EXPECT_TRUE(text.contains(words)) << kind << ":\n" << text;
    }
}

TEST_F(FsckTest, large_blobs_are_looked_at_where_there_are_no_small_ones) {
    const auto forget_small = [](const std::string& folder) {
        change_rows(folder, [](store::Batch& batch) {
            for (const std::string key :
                 {"o/b/record", "o/b/parts", "x/whole", "p/begun/00001", "y"}) {
                batch.remove(key);
            }
        });
        fs::remove_all(folder + "/segments");
    };
    const std::string text = found_after(forget_small);
    EXPECT_TRUE(is_sound) << text;
    EXPECT_TRUE(text.contains("2 blobs are whole")) << text;
    const std::string of_cut = found_after([&](const std::string& folder) {
        forget_small(folder);
        fs::resize_file(bytes_of(folder + "/blobs", "file").path, 900);
    });
    EXPECT_TRUE(of_cut.contains("has bytes of b/file")) << of_cut;
}

TEST_F(FsckTest, an_archived_object_is_looked_for_where_it_is) {
    fs::rename(sound + "/storage/cold", directory.path_of("elsewhere"));
    found_in(sound);
    EXPECT_FALSE(is_sound);
    const std::string text = found_in(sound, {.cold_data = directory.path_of("elsewhere")});
    EXPECT_TRUE(is_sound) << text;
}

TEST_F(FsckTest, blobs_without_a_row_are_no_damage_and_it_is_said_what_becomes_of_them) {
    const auto forget = [](const std::string& folder) {
        change_rows(folder, [&](store::Batch& batch) {
            batch.remove("o/b/file");
            batch.remove("o/b/cold-file");
            batch.remove("y");
        });
    };
    const std::string text = found_after(forget);
    EXPECT_TRUE(is_sound) << text;
    EXPECT_TRUE(text.contains("storage: 1 blobs have no row: the next start removes them")) << text;
    EXPECT_TRUE(text.contains("cold: 1 blobs have no row: the next start removes them")) << text;
    const std::string of_lost = found_after([&forget](const std::string& folder) {
        forget(folder);
        std::ofstream(folder + "/rows.lost").flush();
    });
    EXPECT_TRUE(of_lost.contains("they stay while rows.lost is there")) << of_lost;
    EXPECT_FALSE(of_lost.contains("next start removes")) << of_lost;
    const std::string of_damaged = found_after([&forget](const std::string& folder) {
        forget(folder);
        flip(find_bytes(folder + "/rows", noise(100)), 50);
    });
    EXPECT_TRUE(of_damaged.contains("those stay whose rows may be")) << of_damaged;
}

}  // namespace
}  // namespace onput::ctl
