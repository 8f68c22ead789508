#!/usr/bin/perl
# An SMSC over Perl's Net::SMPP: takes submits, answers each with an id, then says that it was delivered; tells on standard output what it took.
use strict;
use warnings;
use IO::Handle;
use Net::SMPP;

STDOUT->autoflush(1);
my $listener = Net::SMPP->new_listen('127.0.0.1', port => 0, listen => 5, smpp_version => 0x34) or die "cannot listen: $!";
print '{"port":', $listener->sockport, "}\n";
my $count = 0;
while (my $session = $listener->accept) {
    $session->set_version(0x34);
    while (my $pdu = $session->read_pdu) {
        my $command = $pdu->{cmd};
        if ($command == Net::SMPP::CMD_bind_transceiver) {
            $session->bind_transceiver_resp(system_id => 'perl', seq => $pdu->{seq});
            print "{\"bound\":\"$pdu->{system_id}\"}\n";
        } elsif ($command == Net::SMPP::CMD_submit_sm) {
            my $id = 'p' . ++$count;
            my $hex = unpack 'H*', $pdu->{short_message};
            print "{\"hex\":\"$hex\",\"to\":\"$pdu->{destination_addr}\",\"coding\":$pdu->{data_coding},\"class\":$pdu->{esm_class}}\n";
            $session->submit_sm_resp(message_id => $id, seq => $pdu->{seq});
            next unless $pdu->{registered_delivery};
            $session->deliver_sm(
                source_addr => $pdu->{destination_addr}, destination_addr => 'shop', esm_class => 4, async => 1,
                short_message => "id:$id sub:001 dlvrd:001 submit date:2403011200 done date:2403011201 stat:DELIVRD err:000 text:",
            );
        } elsif ($command == Net::SMPP::CMD_enquire_link) {
            $session->enquire_link_resp(seq => $pdu->{seq});
        } elsif ($command == Net::SMPP::CMD_unbind) {
            $session->unbind_resp(seq => $pdu->{seq});
            last;
        }
    }
}
