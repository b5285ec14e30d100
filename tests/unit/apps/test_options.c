/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The command line of pollport-fwd: what is taken, and that each wrong one is
 * refused with a line that names it.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "options.h"

#define MAX_WORDS 16

static struct options o;
static struct complaint why;

/* Parse @line, words separated by spaces. */
static bool parse(const char *line)
{
	static char copy[512];
	char *argv[MAX_WORDS + 2] = { (char[]){ "--" } };
	int argc = 1;
	char *rest, *word;

	snprintf(copy, sizeof(copy), "%s", line);
	for (word = strtok_r(copy, " ", &rest); word != NULL; word = strtok_r(NULL, " ", &rest))
		argv[argc++] = word;
	why.text[0] = '\0';
	return options_parse(argc, argv, &o, &why);
}

static void refused(const char *line, const char *fragment)
{
	cr_assert_not(parse(line), "'%s' was taken", line);
	cr_assert_not_null(strstr(why.text, fragment), "'%s' said '%s'", line, why.text);
	cr_assert_null(strchr(why.text, '\n'), "one line is wanted");
}

static void ports_refused(const char *line, unsigned int available, const char *fragment)
{
	cr_assert(parse(line), "%s", why.text);
	cr_assert_not(options_check_ports(&o, available, &why), "'%s' was taken", line);
	cr_assert_not_null(strstr(why.text, fragment), "'%s' said '%s'", line, why.text);
}

Test(options, adapters_without_a_port_want_their_driver_and_no_ports)
{
	refused("--adapters=2", "--driver");
	refused("--adapters=33 --driver=a.so", "32");
	refused("--adapters=2 --driver=a.so --txq=2", "queues");
	ports_refused("--adapters=2 --driver=a.so", 2, "EAL has 2 ports");
	ports_refused("--adapters=2 --driver=a.so --portlist=2,3", 0, "--adapters says 2");
	ports_refused("--adapters=3 --driver=a.so", 0, "cannot be paired");
	cr_assert(parse("--adapters=2 --driver=a.so"));
	cr_expect(options_check_ports(&o, 0, &why), "%s", why.text);
	cr_expect_eq(o.ports, 2);
	cr_expect_eq(o.portlist[1], 1);
}

Test(options, a_profile_may_go_to_a_file_or_not)
{
	cr_assert(parse(""));
	cr_expect_not(o.profile);
	cr_assert(parse("--profile --burst=8"));
	cr_expect(o.profile);
	cr_expect_null(o.profile_file);
	cr_expect_eq(o.burst, 8);
	cr_assert(parse("--profile=p.json"));
	cr_expect(o.profile);
	cr_expect_str_eq(o.profile_file, "p.json");
}

Test(options, a_profile_file_without_a_name_is_refused)
{
	refused("--profile=", "--profile");
	refused("--profile p.json", "p.json");
}

Test(options, one_way_to_share_frames_among_queues_may_be_given)
{
	cr_assert(parse("--rxq 2 --rss-udp"));
	cr_expect(o.rss_udp && !o.rss_ip && !o.disable_rss);
	cr_assert(parse("--rss-ip"));
	cr_expect(o.rss_ip);
	cr_assert(parse("--disable-rss"));
	cr_expect(o.disable_rss);
	refused("--rss-ip --rss-udp", "--disable-rss");
	refused("--rss-udp --disable-rss", "give one");
}

Test(options, nothing_given_means_io_on_one_core_and_one_queue)
{
	cr_assert(parse(""));
	cr_expect_eq(o.mode, FWD_IO);
	cr_expect_eq(o.topology, TOPOLOGY_PAIRED);
	cr_expect_eq(o.nb_cores, 1);
	cr_expect_eq(o.rxq, 1);
	cr_expect_eq(o.txq, 1);
	cr_expect_eq(o.burst, 32);
	cr_expect_eq(o.max_pkt_len, 1518);
	cr_expect_eq(o.segments, 1);
	cr_expect_eq(o.segment_length[0], 64);
	cr_expect_eq(o.port_node[3], -1);
	cr_expect_not(o.stats_period_given);
}

Test(options, every_mode_has_testpmds_name)
{
	static const char *const modes[] = { "io",     "mac",	 "macswap", "flowgen",
					     "rxonly", "txonly", "icmpecho" };

	for (unsigned int i = 0; i < FWD_MODES; i++) {
		char line[64];

		snprintf(line, sizeof(line), "--forward-mode=%s", modes[i]);
		cr_assert(parse(line), "%s", why.text);
		cr_expect_eq(o.mode, (enum fwd_mode)i);
	}
}

Test(options, values_may_follow_a_space_or_an_equals_sign)
{
	cr_assert(parse("--burst 16 --rxd=256 -i --stats-json out.json --stop-when-idle=100"));
	cr_expect_eq(o.burst, 16);
	cr_expect_eq(o.rxd, 256);
	cr_expect(o.interactive);
	cr_expect_str_eq(o.stats_json, "out.json");
	cr_expect_eq(o.idle_ms, 100);
}

Test(options, an_unknown_mode_topology_or_option_is_named)
{
	refused("--forward-mode=warp", "warp");
	refused("--port-topology=ring", "ring");
	refused("--no-such-thing", "--no-such-thing");
	refused("-x", "-x");
	refused("io", "'io'");
}

Test(options, numbers_out_of_range_are_refused_with_the_range)
{
	refused("--burst=0", "1 to 64");
	refused("--burst=65", "1 to 64");
	refused("--burst=3x", "--burst 3x");
	refused("--nb-cores=-1", "--nb-cores");
	refused("--num-packets=0", "from 1");
	refused("--duration=99999999999999999999999", "--duration");
	refused("--burst", "wants a value");
}

Test(options, unlike_numbers_of_queues_are_refused)
{
	refused("--rxq=2 --txq=1", "queue pairs");
	cr_assert(parse("--rxq=4"));
	cr_expect_eq(o.txq, 4, "one of the two speaks for both");
}

Test(options, txpkts_takes_segments_and_wants_the_headers_in_the_first)
{
	cr_assert(parse("--txpkts=64,100,1"));
	cr_expect_eq(o.segments, 3);
	cr_expect_eq(o.segment_length[1], 100);
	refused("--txpkts=41", "--txpkts 41");
	refused("--txpkts=64,", "--txpkts");
	refused("--txpkts=64,64,64,64,64,64,64,64,64", "--txpkts");
	refused("--txpkts=1500,100", "--max-pkt-len");
	cr_assert(parse("--txpkts=1500,100 --max-pkt-len=2000"), "%s", why.text);
}

Test(options, eth_peer_takes_a_port_and_a_unicast_address)
{
	cr_assert(parse("--eth-peer=1,02:11:22:33:44:5f"));
	cr_expect_eq(o.peer_mac[1][0], 0x02);
	cr_expect_eq(o.peer_mac[1][5], 0x5F);
	cr_expect_eq(o.peer_mac[2][5], 2, "others keep 02:00:00:00:00:0X");
	refused("--eth-peer=1,02:11:22:33:44", "--eth-peer");
	refused("--eth-peer=40,02:11:22:33:44:55", "--eth-peer");
	refused("--eth-peer=1,01:11:22:33:44:55", "group");
}

Test(options, portlist_takes_numbers_and_ranges_each_once)
{
	cr_assert(parse("--portlist=3,0-1"));
	cr_assert_eq(o.ports, 3);
	cr_expect_eq(o.portlist[0], 3);
	cr_expect_eq(o.portlist[2], 1);
	refused("--portlist=1,0-2", "each once");
	refused("--portlist=2-1", "--portlist");
	refused("--portlist=32", "--portlist");
	refused("--portlist=", "--portlist");
}

Test(options, port_numa_config_takes_pairs)
{
	cr_assert(parse("--port-numa-config=(0,1),(2,0)"));
	cr_expect_eq(o.port_node[0], 1);
	cr_expect_eq(o.port_node[1], -1);
	cr_expect_eq(o.port_node[2], 0);
	refused("--port-numa-config=0,1", "--port-numa-config");
	refused("--port-numa-config=(0,1", "--port-numa-config");
	refused("--port-numa-config=(0,1),", "--port-numa-config");
	refused("--port-numa-config=(0,1,2)", "--port-numa-config");
	refused("--port-numa-config=(32,1)", "ports 0 to 31");
	refused("--port-numa-config=(0,256)", "--port-numa-config (0,256)");
	refused("--port-numa-config=(0,-1)", "--port-numa-config");
	refused("--port-numa-config=", "--port-numa-config");
}

Test(options, ring_numa_config_takes_a_flag_for_receive_transmit_or_both)
{
	cr_assert(parse("--ring-numa-config=(0,1,1),(1,2,2),(2,3,3)"), "%s", why.text);
	cr_expect_eq(o.rx_node[0], 1);
	cr_expect_eq(o.tx_node[0], -1);
	cr_expect_eq(o.rx_node[1], -1);
	cr_expect_eq(o.tx_node[1], 2);
	cr_expect_eq(o.rx_node[2], 3);
	cr_expect_eq(o.tx_node[2], 3);
	cr_expect_eq(o.port_node[0], -1, "the port's own stays");
	refused("--ring-numa-config=(0,0,1)", "flag 1 for receive");
	refused("--ring-numa-config=(0,4,1)", "--ring-numa-config (0,4,1)");
	refused("--ring-numa-config=(0,1)", "--ring-numa-config");
	refused("--ring-numa-config=(32,1,1)", "ports 0 to 31");
	refused("--ring-numa-config=(0,1,1)(1,1,1)", "--ring-numa-config");
	refused("--ring-numa-config=(0,1,1", "--ring-numa-config");
}

Test(options, numa_is_on_and_the_last_of_numa_and_no_numa_holds)
{
	cr_assert(parse(""));
	cr_expect(o.numa);
	cr_expect_eq(o.socket_num, FWD_NO_SOCKET);
	cr_assert(parse("--no-numa --socket-num=1"));
	cr_expect_not(o.numa);
	cr_expect_eq(o.socket_num, 1);
	cr_assert(parse("--no-numa --numa"));
	cr_expect(o.numa);
	refused("--socket-num=-1", "0 to 255");
	refused("--socket-num=256", "0 to 255");
	refused("--numa=yes", "--numa");
}

static bool nodes_0_and_1(int node)
{
	return node == 0 || node == 1;
}

static void node_refused(const char *line, const char *fragment)
{
	cr_assert(parse(line), "%s", why.text);
	cr_assert_not(options_check_nodes(&o, nodes_0_and_1, "0,1", &why), "'%s' was taken", line);
	cr_expect_not_null(strstr(why.text, fragment), "'%s' said '%s'", line, why.text);
	cr_expect_not_null(strstr(why.text, "nodes are 0,1"), "'%s'", why.text);
}

Test(options, a_node_that_there_is_not_is_refused_with_those_that_there_are)
{
	node_refused("--no-numa --socket-num=2", "--socket-num 2");
	node_refused("--port-numa-config=(0,1),(1,2)", "--port-numa-config: port 1");
	node_refused("--ring-numa-config=(1,1,3)", "--ring-numa-config: port 1");
	node_refused("--ring-numa-config=(1,2,3)", "NUMA node 3");
	cr_assert(parse("--port-numa-config=(0,1),(1,0) --ring-numa-config=(0,3,1)"));
	cr_expect(options_check_nodes(&o, nodes_0_and_1, "0,1", &why), "%s", why.text);
}

Test(options, a_node_for_a_port_that_there_is_not_is_refused)
{
	ports_refused("--port-numa-config=(2,0)", 2, "--port-numa-config: port 2 does not exist");
	ports_refused("--ring-numa-config=(7,2,0)", 2, "--ring-numa-config: port 7");
	cr_assert(parse("--port-numa-config=(1,0) --ring-numa-config=(1,3,0)"));
	cr_expect(options_check_ports(&o, 2, &why), "%s", why.text);
}

Test(options, no_ports_an_odd_number_and_missing_ones_are_refused)
{
	ports_refused("", 0, "--vdev");
	ports_refused("", 3, "3 ports cannot be paired");
	ports_refused("--portlist=0,4", 2, "port 4 does not exist");
	cr_assert(parse("--port-topology=chained"));
	cr_expect(options_check_ports(&o, 3, &why), "%s", why.text);
	cr_expect_eq(o.ports, 3);
}

Test(options, each_topology_has_its_peers)
{
	cr_assert(parse(""));
	cr_assert(options_check_ports(&o, 4, &why));
	cr_expect_eq(options_peer(&o, 2), 3);
	cr_expect_eq(options_peer(&o, 3), 2);
	o.topology = TOPOLOGY_CHAINED;
	cr_expect_eq(options_peer(&o, 2), 3);
	cr_expect_eq(options_peer(&o, 3), 0);
	o.topology = TOPOLOGY_LOOP;
	cr_expect_eq(options_peer(&o, 2), 2);
}

Test(options, a_pool_too_small_is_refused_with_the_sum)
{
	cr_assert(parse("--total-num-mbufs=4351 --rxq=2 --txq=2"));
	cr_assert(options_check_ports(&o, 2, &why));
	/* 2 ports x 2 queues x (512 + 480) + 2 x 2 x 3 x 32 */
	cr_assert_not(options_check_pool(&o, 512, 480, &why));
	cr_expect_not_null(strstr(why.text, "2 ports x 2 queues x (512 rxd + 480 txd)"), "%s",
			   why.text);
	cr_expect_not_null(strstr(why.text, "bursts 384 = 4352"), "%s", why.text);
	o.total_mbufs = 4352;
	cr_expect(options_check_pool(&o, 512, 480, &why));
	o.total_mbufs = 0;
	cr_expect(options_check_pool(&o, 512, 480, &why), "none asked for: as many as needed");
}

Test(options, what_stands_before_the_two_dashes_is_eals)
{
	char *with[] = { "fwd", "-l", "0-1", "--", "--burst=1" };
	char *without[] = { "fwd", "-l", "0-1" };

	cr_expect_eq(options_own_start(5, with), 3);
	cr_expect_eq(options_own_start(3, without), 3);
}

Test(options, help_names_every_option_and_exit_code)
{
	static const char *const wanted[] = { "--forward-mode", "--stop-when-idle", "--txrst",
					      "--record-core-cycles", "Overload", "no_nbl",
					      "Exit codes", "  5  " };
	static char text[16384];
	FILE *out = fmemopen(text, sizeof(text), "w");

	options_help(out);
	fclose(out);
	for (unsigned int i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
		cr_expect_not_null(strstr(text, wanted[i]), "%s is not in --help", wanted[i]);
}

static void virtual_refused(const char *line, const char *fragment)
{
	char name[16];

	cr_assert(parse(line), "%s", why.text);
	cr_assert(options_check_ports(&o, 2, &why), "%s", why.text);
	cr_assert_not(options_virtual(&o, 0, name, sizeof(name), &why), "'%s' was taken", line);
	cr_assert_not_null(strstr(why.text, fragment), "'%s' said '%s'", line, why.text);
}

Test(options, virtual_adapters_are_named_port_by_port)
{
	char name[16] = "x";

	cr_assert(parse(""));
	cr_assert(options_check_ports(&o, 2, &why));
	cr_expect(options_virtual(&o, 1, name, sizeof(name), &why));
	cr_expect_str_eq(name, "", "without the option none");
	cr_assert(parse("--virtual=red,blue"));
	cr_assert(options_check_ports(&o, 2, &why));
	cr_expect(options_virtual(&o, 0, name, sizeof(name), &why));
	cr_expect_str_eq(name, "red");
	cr_expect(options_virtual(&o, 1, name, sizeof(name), &why));
	cr_expect_str_eq(name, "blue");
	virtual_refused("--virtual=red", "1 names for 2 ports");
	virtual_refused("--virtual=red,blue,green", "3 names for 2 ports");
	virtual_refused("--virtual=,blue", "1 to 15 characters");
	virtual_refused("--virtual=a-name-that-is-too-long,blue", "1 to 15 characters");
}
