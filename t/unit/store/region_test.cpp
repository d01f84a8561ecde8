#include "store/region.hpp"

#include "support/stored.hpp"

#include <atomic>
#include <cstdlib>
#include <fcntl.h>
#include <fstream>
#include <sys/stat.h>

#include "support/check.hpp"

using namespace ciam;
using namespace ciam::test;
using store::Region;
using Status = base::StoreReply::Status;

namespace {

constexpr std::size_t megabyte = 1024 * 1024;

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
        for (const char* name : {"/sessions", "/sessions.new"}) {
            unlink((path_ + name).c_str());
        }
        rmdir(path_.c_str());
    }
    std::string file() const { return path_ + "/sessions"; }

private:
    std::string path_ = "/dev/shm/ciam-test-XXXXXX";
};

void insert_some(void* memory, std::uint64_t first, std::uint64_t count)
{
    Asker asker{memory};
    for (auto i = first; i < first + count; ++i) {
        auto record = record_of(i, 200, 100);
        record.tags = {id_of(i + 5000), id_of(9999)};
        assert_int_equal(asker.insert(id_of(i), record), Status::done);
    }
}

std::uint64_t count_whole(void* memory, std::uint64_t count)
{
    Asker asker{memory};
    std::uint64_t whole = 0;
    for (std::uint64_t i = 0; i < count; ++i) {
        if (asker.has(id_of(i))) {
            assert_true(is_whole(asker.record()));
            ++whole;
        }
    }
    return whole;
}

void a_file_is_found_again_with_all_that_was_in_it(void**)
{
    const Directory directory;
    {
        const auto region = Region::open({"a", directory.file(), 2 * megabyte});
        assert_true(region.origin() == Region::Origin::created);
        insert_some(region.memory(), 0, 1000);
    }
    const auto region = Region::open({"a", directory.file(), 2 * megabyte});
    assert_true(region.origin() == Region::Origin::recovered);
    assert_int_equal(count_whole(region.memory(), 1000), 1000);
    assert_int_equal(Asker{region.memory()}.status().damaged, 0);
}

void nobody_else_may_read_the_file(void**)
{
    const Directory directory;
    const auto region = Region::open({"a", directory.file(), megabyte});
    struct stat status = {};
    assert_int_equal(stat(directory.file().c_str(), &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    assert_int_equal(status.st_size, megabyte);
    assert_true(static_cast<std::size_t>(status.st_blocks) * 512 >= megabyte); // all is there
}

void all_processes_killed_at_once_leave_what_they_have_done(void**)
{
    const Directory directory;
    std::uint64_t rebuilt = 0;
    for (std::uint64_t round = 0; round < 20; ++round) {
        const SharedMemory counter{sizeof(std::atomic<std::uint64_t>)};
        auto& done = *new (counter.get()) std::atomic<std::uint64_t>{0};
        const auto child = start_process([&] {
            const auto region = Region::open({"a", directory.file(), 32 * megabyte});
            for (std::uint64_t i = 0;; ++i) {
                Asker asker{region.memory()};
                asker.remove(id_of(round * 1000 + i % 1000));
                asker.insert(id_of(round * 1000 + i % 1000), record_of(i, 300, 500));
                done = i + 1;
            }
            return true;
        });
        while (done < 1000 + round * 7) {
            usleep(100);
        }
        kill_process(child);
        const auto region = Region::open({"a", directory.file(), 32 * megabyte});
        assert_true(region.origin() == Region::Origin::recovered);
        const auto there = count_whole(region.memory(), (round + 1) * 1000);
        assert_in_range(there, (round + 1) * 999, (round + 1) * 1000); // one was being changed
        rebuilt += Asker{region.memory()}.status().damaged;
    }
    assert_int_equal(rebuilt, 0);
}

void who_comes_while_others_use_it_joins_them(void**)
{
    const Directory directory;
    const auto first = Region::open({"a", directory.file(), megabyte});
    insert_some(first.memory(), 0, 10);
    const auto child = start_process([&] {
        const auto second = Region::open({"a", directory.file(), megabyte});
        Asker asker{second.memory()};
        return second.origin() == Region::Origin::joined && asker.has(id_of(3)) &&
               asker.remove(id_of(3)) == Status::done &&
               asker.insert(id_of(20), record_of(20, 100)) == Status::done;
    });
    assert_true(ended_well(child));
    Asker asker{first.memory()};
    assert_false(asker.has(id_of(3)));
    assert_true(asker.has(id_of(20)));
}

void a_process_that_was_forked_keeps_the_memory_in_use(void**)
{
    const Directory directory;
    pid_t worker = 0;
    {
        const auto region = Region::open({"a", directory.file(), megabyte});
        insert_some(region.memory(), 0, 10);
        worker = start_process([&] { return pause() == 0; });
    }
    const auto region = Region::open({"a", directory.file(), megabyte});
    assert_true(region.origin() == Region::Origin::joined);
    assert_int_equal(count_whole(region.memory(), 10), 10);
    kill_process(worker);
}

void anonymous_memory_goes_to_a_new_program_by_inheritance(void**)
{
    const auto region = Region::open({"inherited zone", "", megabyte});
    assert_true(region.origin() == Region::Origin::created);
    insert_some(region.memory(), 0, 10);
    const auto child = start_process([&] {
        const auto same = Region::open({"inherited zone", "", megabyte});
        const auto other = Region::open({"inherited", "", megabyte});
        return same.origin() == Region::Origin::joined && Asker{same.memory()}.has(id_of(3)) &&
               other.origin() == Region::Origin::created && !Asker{other.memory()}.has(id_of(3));
    });
    assert_true(ended_well(child));
}

void it_grows_in_place_under_the_eyes_of_others(void**)
{
    const Directory directory;
    auto region = Region::open({"a", directory.file(), megabyte});
    insert_some(region.memory(), 0, 1000);
    const SharedMemory flag{sizeof(std::atomic<bool>)};
    auto& has_grown = *new (flag.get()) std::atomic<bool>{false};
    const auto child = start_process([&] {
        while (!has_grown) {
            usleep(100);
        }
        insert_some(region.memory(), 1000, 19000);
        return count_whole(region.memory(), 20000) == 20000;
    });
    region.resize(16 * megabyte);
    has_grown = true;
    assert_true(ended_well(child));
    const auto status = Asker{region.memory()}.status();
    assert_int_equal(status.bytes_total, 16 * megabyte);
    assert_int_equal(status.records, 20000);
    assert_int_equal(status.evicted_live, 0);
}

void it_shrinks_to_what_fits_and_grows_again_without_the_old(void**)
{
    const Directory directory;
    auto region = Region::open({"a", directory.file(), 8 * megabyte});
    insert_some(region.memory(), 0, 15000);
    region.resize(2 * megabyte);
    const auto left = count_whole(region.memory(), 15000);
    assert_in_range(left, 2000, 5500);
    const auto status = Asker{region.memory()}.status();
    assert_int_equal(status.records, left);
    assert_int_equal(status.evicted_live, 15000 - left);
    assert_int_equal(status.bytes_total, 2 * megabyte);
    region.resize(8 * megabyte);
    assert_int_equal(count_whole(region.memory(), 15000), left);
    insert_some(region.memory(), 20000, 9000);
    assert_int_equal(count_whole(region.memory(), 15000), left);
    Asker{region.memory()}.remove_tagged(id_of(9999));
    assert_int_equal(Asker{region.memory()}.status().records, 0);
}

void memory_that_is_in_use_keeps_its_size_until_it_is_told(void**)
{
    const Directory directory;
    {
        const auto region = Region::open({"a", directory.file(), 4 * megabyte});
        insert_some(region.memory(), 0, 1000);
    }
    for (const std::size_t bytes : {8 * megabyte, 2 * megabyte}) {
        const auto region = Region::open({"a", directory.file(), bytes});
        assert_true(region.origin() == Region::Origin::recovered);
        assert_int_equal(Asker{region.memory()}.status().bytes_total, bytes);
        assert_int_equal(count_whole(region.memory(), 1000), 1000);
        auto joined = Region::open({"a", directory.file(), bytes + megabyte});
        assert_int_equal(Asker{region.memory()}.status().bytes_total, bytes);
        joined.resize(bytes + megabyte);
        assert_int_equal(Asker{region.memory()}.status().bytes_total, bytes + megabyte);
    }
}

void inherited_bytes_are_the_same_for_whoever_has_them(void**)
{
    const auto first = store::inherited_bytes("test bytes", 64);
    assert_true(first.is_new);
    static_cast<char*>(first.memory)[5] = 'x';
    const auto again = store::inherited_bytes("test bytes", 64);
    assert_false(again.is_new);
    assert_int_equal(static_cast<char*>(again.memory)[5], 'x');
    const auto other = store::inherited_bytes("test bytes", 128);
    assert_true(other.is_new);
    assert_int_equal(static_cast<char*>(other.memory)[5], 0);
}

void write_at(const std::string& path, off_t place, const std::string& bytes)
{
    const auto file = open(path.c_str(), O_WRONLY);
    assert_int_equal(pwrite(file, bytes.data(), bytes.size(), place), bytes.size());
    close(file);
}

void a_damaged_file_gives_what_is_whole_and_counts_the_rest(void**)
{
    const Directory directory;
    std::size_t pages = 0;
    {
        const auto region = Region::open({"a", directory.file(), 4 * megabyte});
        insert_some(region.memory(), 0, 5000);
        pages = store::Geometry::of(4 * megabyte).first_page;
    }
    write_at(directory.file(), 0, std::string(60, '\xff')); // one of two headers
    write_at(directory.file(), static_cast<off_t>(pages) + 5000, std::string(3000, '\xff'));
    const auto region = Region::open({"a", directory.file(), 4 * megabyte});
    assert_true(region.origin() == Region::Origin::recovered);
    const auto status = Asker{region.memory()}.status();
    assert_in_range(status.damaged, 5, 20);
    Asker asker{region.memory()};
    std::size_t whole = 0;
    std::size_t torn = 0; // what a record's seal would tell, at the edges of the damage
    for (std::uint64_t i = 0; i < 5000; ++i) {
        if (asker.has(id_of(i))) {
            ++(is_whole(asker.record()) ? whole : torn);
        }
    }
    assert_in_range(torn, 0, 2);
    assert_int_equal(whole + torn, 5000 - status.damaged);
}

void a_file_that_is_something_else_is_replaced_and_left_to_who_uses_it(void**)
{
    const Directory directory;
    for (const auto& text : {std::string{"not sessions"}, std::string(3 * megabyte, 'x')}) {
        std::ofstream{directory.file()} << text;
        const auto region = Region::open({"a", directory.file(), megabyte});
        assert_true(region.origin() == Region::Origin::replaced);
        insert_some(region.memory(), 0, 10);
        assert_int_equal(count_whole(region.memory(), 10), 10);
        const auto again = Region::open({"a", directory.file(), megabyte});
        assert_true(again.origin() == Region::Origin::joined);
        assert_int_equal(count_whole(again.memory(), 10), 10);
    }
}

void a_file_of_a_version_that_still_runs_is_left_alone(void**)
{
    const Directory directory;
    const auto old = Region::open({"a", directory.file(), megabyte});
    insert_some(old.memory(), 0, 10);
    static_cast<std::uint64_t*>(old.memory())[1] += 1; // its layout's number
    const auto fresh = Region::open({"a", directory.file(), megabyte});
    assert_true(fresh.origin() == Region::Origin::replaced);
    static_cast<std::uint64_t*>(old.memory())[1] -= 1;
    assert_int_equal(count_whole(old.memory(), 10), 10);
    assert_int_equal(count_whole(fresh.memory(), 10), 0);
}

void what_is_wrong_is_said(void**)
{
    assert_true(contains(message_of([] {
                             Region::open({"a", "/nowhere/at/all/sessions", megabyte});
                         }),
                         "/nowhere"));
    assert_true(fault_of([] { Region::open({"a", "", 1000}); }) == base::Fault::configuration);
    const Directory directory;
    auto region = Region::open({"a", directory.file(), megabyte});
    assert_true(fault_of([&] { region.resize(1000); }) == base::Fault::configuration);
    assert_true(fault_of([&] { region.resize(std::size_t{1} << 50U); }).has_value());
    assert_int_equal(Asker{region.memory()}.status().bytes_total, megabyte);
}

void a_path_on_a_disk_is_told_from_one_in_memory(void**)
{
    assert_true(Region::is_in_memory("/dev/shm/sessions"));
    assert_false(Region::is_in_memory("/proc/sessions"));
    assert_false(Region::is_in_memory("/nowhere/sessions"));
    assert_int_equal(access("/dev/shm/sessions", F_OK), -1);
}

} // namespace

int main()
{
    alarm(110);
    const CMUnitTest tests[] = {
        cmocka_unit_test(a_file_is_found_again_with_all_that_was_in_it),
        cmocka_unit_test(nobody_else_may_read_the_file),
        cmocka_unit_test(all_processes_killed_at_once_leave_what_they_have_done),
        cmocka_unit_test(who_comes_while_others_use_it_joins_them),
        cmocka_unit_test(a_process_that_was_forked_keeps_the_memory_in_use),
        cmocka_unit_test(anonymous_memory_goes_to_a_new_program_by_inheritance),
        cmocka_unit_test(it_grows_in_place_under_the_eyes_of_others),
        cmocka_unit_test(it_shrinks_to_what_fits_and_grows_again_without_the_old),
        cmocka_unit_test(memory_that_is_in_use_keeps_its_size_until_it_is_told),
        cmocka_unit_test(inherited_bytes_are_the_same_for_whoever_has_them),
        cmocka_unit_test(a_damaged_file_gives_what_is_whole_and_counts_the_rest),
        cmocka_unit_test(a_file_that_is_something_else_is_replaced_and_left_to_who_uses_it),
        cmocka_unit_test(a_file_of_a_version_that_still_runs_is_left_alone),
        cmocka_unit_test(what_is_wrong_is_said),
        cmocka_unit_test(a_path_on_a_disk_is_told_from_one_in_memory),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
