#include "store/snapshot.hpp"

#include "support/stored.hpp"

#include <atomic>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sys/stat.h>

#include "support/check.hpp"

using namespace ciam;
using namespace ciam::test;
using store::load_snapshot;
using store::save_snapshot;
using Status = base::StoreReply::Status;

namespace {

constexpr std::size_t megabyte = 1024 * 1024;
constexpr std::uint64_t count = 3000;

class Directory {
public:
    Directory()
    {
        if (mkdtemp(path_.data()) == nullptr) {
            throw std::runtime_error{"no directory"};
        }
    }
    Directory(const Directory&) = delete;
    Directory& operator=(const Directory&) = delete;
    ~Directory()
    {
        unlink(file().c_str());
        unlink((file() + ".new").c_str());
        rmdir(path_.c_str());
    }
    std::string file() const { return path_ + "/snapshot"; }

private:
    std::string path_ = "/tmp/ciam-test-XXXXXX";
};

base::Record session(std::uint64_t number)
{
    auto record = record_of(number, 100 + number % 300, number % 5 * 100 + 8);
    record.tags = {id_of(number % 100 + 50000), id_of(number + 100000)};
    return record;
}

void insert_all(Asker& asker)
{
    for (std::uint64_t i = 0; i < count; ++i) {
        assert_int_equal(asker.insert(id_of(i), session(i)), Status::done);
    }
}

std::string read_file(const std::string& path)
{
    std::ifstream file{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{file}, {}};
}

void write_file(const std::string& path, const std::string& bytes)
{
    std::ofstream{path, std::ios::binary} << bytes;
}

void what_was_saved_is_there_after_loading_in_a_store_of_any_size(void**)
{
    const Directory directory;
    const Stored stored{4 * megabyte};
    Asker asker{stored.memory()};
    insert_all(asker);
    assert_int_equal(save_snapshot(asker.store(), directory.file(), start), count);
    for (const std::size_t size : {4U, 64U}) {
        const Stored other{size * megabyte};
        Asker again{other.memory()};
        const auto loaded = load_snapshot(again.store(), directory.file(), start + 60);
        assert_int_equal(loaded.loaded, count);
        assert_int_equal(loaded.damaged + loaded.expired, 0);
        assert_int_equal(loaded.saved_at, start);
        for (std::uint64_t i = 0; i < count; ++i) {
            assert_true(asker.has(id_of(i)) && again.has(id_of(i)));
            assert_text(again.record().hot, session(i).hot);
            assert_text(again.record().cold, session(i).cold);
            assert_int_equal(again.record().version, asker.record().version);
            assert_true(again.record().tags == as_kept(session(i).tags));
        }
        again.remove_tagged(id_of(50007));
        assert_int_equal(again.status().records, count - count / 100);
    }
}

void what_has_expired_meanwhile_is_left_out(void**)
{
    const Directory directory;
    const Stored stored{megabyte};
    Asker asker{stored.memory()};
    asker.insert(id_of(1), session(1));
    asker.insert(id_of(2), session(2), start + a_day / 2);
    save_snapshot(asker.store(), directory.file(), start);
    const Stored other{megabyte};
    Asker again{other.memory()};
    const auto loaded = load_snapshot(again.store(), directory.file(), start + a_day);
    assert_int_equal(loaded.loaded, 1);
    assert_int_equal(loaded.expired, 1);
    assert_true(again.has(id_of(2), start + a_day));
}

void a_tombstone_goes_on_keeping_out(void**)
{
    const Directory directory;
    const Stored stored{megabyte};
    Asker asker{stored.memory()};
    asker.ask(base::RemoveTagged{id_of(50001), start + 5, start, start + 3600});
    assert_int_equal(save_snapshot(asker.store(), directory.file(), start), 1);
    const Stored other{megabyte};
    Asker again{other.memory()};
    again.insert(id_of(1), session(1)); // as if it had been saved before the tombstone
    load_snapshot(again.store(), directory.file(), start + 60);
    assert_false(again.has(id_of(1)));
    assert_int_equal(again.ask(base::InsertRecord{id_of(1), start + 60, session(1), start + 5}),
                     Status::ended);
    assert_int_equal(again.ask(base::InsertRecord{id_of(1), start + 60, session(1), start + 6}),
                     Status::done);
}

void what_is_newer_in_the_store_stays(void**)
{
    const Directory directory;
    const Stored stored{megabyte};
    Asker asker{stored.memory()};
    asker.insert(id_of(1), session(1));
    save_snapshot(asker.store(), directory.file(), start);
    asker.find(id_of(1));
    auto next = session(2);
    next.version = asker.record().version;
    asker.replace(id_of(1), next);
    assert_int_equal(load_snapshot(asker.store(), directory.file(), start).loaded, 0);
    asker.find(id_of(1));
    assert_text(asker.record().hot, next.hot);
}

void versions_go_on_after_loading(void**)
{
    const Directory directory;
    const Stored stored{store::MemoryStore::smallest};
    Asker asker{stored.memory()};
    asker.insert(id_of(1), session(1));
    asker.insert(id_of(2), session(2));
    save_snapshot(asker.store(), directory.file(), start);
    const Stored other{store::MemoryStore::smallest};
    Asker again{other.memory()};
    load_snapshot(again.store(), directory.file(), start);
    again.find(id_of(2));
    auto late = session(3);
    late.version = again.record().version;
    again.remove(id_of(2));
    again.insert(id_of(2), session(4));
    assert_int_equal(again.replace(id_of(2), late), Status::conflict);
}

void a_file_cut_off_anywhere_gives_what_is_whole(void**)
{
    const Directory directory;
    const Stored stored{megabyte};
    Asker asker{stored.memory()};
    for (std::uint64_t i = 0; i < 4; ++i) {
        asker.insert(id_of(i), session(i));
    }
    save_snapshot(asker.store(), directory.file(), start);
    const auto bytes = read_file(directory.file());
    std::size_t most = 0;
    for (std::size_t size = 0; size <= bytes.size(); ++size) {
        write_file(directory.file(), bytes.substr(0, size));
        const Stored other{store::MemoryStore::smallest};
        Asker again{other.memory()};
        const auto loaded = load_snapshot(again.store(), directory.file(), start);
        assert_int_equal(again.status().records, loaded.loaded);
        assert_in_range(loaded.loaded, most, 4);
        assert_in_range(loaded.damaged, 0, 1);
        most = loaded.loaded;
    }
    assert_int_equal(most, 4);
}

void a_changed_byte_costs_one_entry_or_ends_the_file(void**)
{
    const Directory directory;
    const Stored stored{megabyte};
    Asker asker{stored.memory()};
    for (std::uint64_t i = 0; i < 4; ++i) {
        asker.insert(id_of(i), session(i));
    }
    save_snapshot(asker.store(), directory.file(), start);
    const auto bytes = read_file(directory.file());
    for (std::size_t place = 16; place < bytes.size(); ++place) {
        auto changed = bytes;
        changed[place] = static_cast<char>(changed[place] ^ 0x40);
        const Stored other{store::MemoryStore::smallest};
        Asker again{other.memory()};
        store::SnapshotReader reader{again.store(), start};
        reader.take(changed);
        const auto loaded = reader.finish();
        assert_true(loaded.loaded < 4 && loaded.damaged > 0);
        for (std::uint64_t i = 0; i < 4; ++i) {
            assert_true(!again.has(id_of(i)) || again.record().hot == session(i).hot);
        }
    }
}

void it_may_come_in_pieces_of_any_size(void**)
{
    const Directory directory;
    const Stored stored{megabyte};
    Asker asker{stored.memory()};
    for (std::uint64_t i = 0; i < 20; ++i) {
        asker.insert(id_of(i), session(i));
    }
    save_snapshot(asker.store(), directory.file(), start);
    const auto bytes = read_file(directory.file());
    for (const std::size_t piece : {1U, 7U, 64U, 1000U}) {
        const Stored other{megabyte};
        Asker again{other.memory()};
        store::SnapshotReader reader{again.store(), start};
        for (std::size_t at = 0; at < bytes.size(); at += piece) {
            reader.take(std::string_view{bytes}.substr(at, piece));
        }
        assert_int_equal(reader.finish().loaded, 20);
    }
}

void something_else_is_not_loaded_and_nothing_is_nothing(void**)
{
    const Directory directory;
    const Stored stored{megabyte};
    Asker asker{stored.memory()};
    const auto nothing = load_snapshot(asker.store(), directory.file(), start);
    assert_int_equal(nothing.loaded + nothing.damaged, 0);
    write_file(directory.file(), "this is something else, and longer than a few bytes");
    assert_int_equal(load_snapshot(asker.store(), directory.file(), start).damaged, 1);
    assert_int_equal(asker.status().records, 0);
    assert_true(contains(
        message_of([&] { save_snapshot(asker.store(), "/nowhere/at/all", start); }), "/nowhere"));
}

void the_last_snapshot_stays_until_the_next_is_whole(void**)
{
    const Directory directory;
    const Stored stored{16 * megabyte};
    Asker asker{stored.memory()};
    insert_all(asker);
    save_snapshot(asker.store(), directory.file(), start);
    struct stat status = {};
    stat(directory.file().c_str(), &status);
    assert_int_equal(status.st_mode & 0777, 0600);
    for (int i = 0; i < 20; ++i) {
        const auto child = start_process([&] {
            for (;;) {
                save_snapshot(asker.store(), directory.file(), start);
            }
            return true;
        });
        usleep(static_cast<useconds_t>(2000 + i * 333));
        kill_process(child);
        const Stored other{16 * megabyte};
        Asker again{other.memory()};
        assert_int_equal(load_snapshot(again.store(), directory.file(), start).loaded, count);
    }
}

} // namespace

int main()
{
    alarm(110);
    const CMUnitTest tests[] = {
        cmocka_unit_test(what_was_saved_is_there_after_loading_in_a_store_of_any_size),
        cmocka_unit_test(what_has_expired_meanwhile_is_left_out),
        cmocka_unit_test(a_tombstone_goes_on_keeping_out),
        cmocka_unit_test(what_is_newer_in_the_store_stays),
        cmocka_unit_test(versions_go_on_after_loading),
        cmocka_unit_test(a_file_cut_off_anywhere_gives_what_is_whole),
        cmocka_unit_test(a_changed_byte_costs_one_entry_or_ends_the_file),
        cmocka_unit_test(it_may_come_in_pieces_of_any_size),
        cmocka_unit_test(something_else_is_not_loaded_and_nothing_is_nothing),
        cmocka_unit_test(the_last_snapshot_stays_until_the_next_is_whole),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
