// An SMSC in Node over the package `smpp`: takes submits, answers as the last digit of the destination says, and tells on standard output what it took.
//   1 the receipt comes before the answer   2 no such number         3 throttles each text once
//   4 hangs up instead of answering         5 never answers          6 a receipt of tagged fields alone
//   7 cannot deliver                        8 also sends a message from the number
const smpp = require('smpp');

const say = (what) => process.stdout.write(JSON.stringify(what) + '\n');
const throttled = new Set();
let count = 0;

function receipt(session, to, id, state) {
  const fields = { source_addr: to, destination_addr: 'shop', esm_class: 4 };
  if (to.endsWith('6')) {
    session.deliver_sm({ ...fields, short_message: '', receipted_message_id: id, message_state: 2 });
    return;
  }
  const text = `id:${id} sub:001 dlvrd:001 submit date:2403011200 done date:2403011201 stat:${state} err:000 text:Hello`;
  session.deliver_sm({ ...fields, short_message: text });
}

function submit(session, pdu) {
  const to = pdu.destination_addr;
  const short = pdu.short_message;
  const text = pdu.message_payload ? pdu.message_payload.message || pdu.message_payload : short.message;
  const udh = short && short.udh ? Buffer.concat(short.udh.map((part) => Buffer.from(part))).toString('hex') : '';
  const taken = { text: String(text), to, from: pdu.source_addr, coding: pdu.data_coding, udh, sar: pdu.sar_segment_seqnum };
  if (to.endsWith('2')) return session.send(pdu.response({ command_status: smpp.ESME_RINVDSTADR }));
  if (to.endsWith('3') && !throttled.has(taken.text)) {
    throttled.add(taken.text);
    return session.send(pdu.response({ command_status: smpp.ESME_RTHROTTLED }));
  }
  say(taken);
  if (to.endsWith('4')) return session.destroy();
  if (to.endsWith('5')) return;
  const id = `n${++count}`;
  const state = to.endsWith('7') ? 'UNDELIV' : 'DELIVRD';
  if (to.endsWith('1') && pdu.registered_delivery) receipt(session, to, id, state);
  session.send(pdu.response({ message_id: id }));
  if (!to.endsWith('1') && pdu.registered_delivery) receipt(session, to, id, state);
  if (to.endsWith('8')) session.deliver_sm({ source_addr: to, destination_addr: 'shop', short_message: 'STOP' });
}

const server = smpp.createServer((session) => {
  session.on('error', () => {});
  session.on('bind_transceiver', (pdu) => {
    if (pdu.password !== 'secret') {
      session.send(pdu.response({ command_status: smpp.ESME_RBINDFAIL }));
      return session.close();
    }
    session.send(pdu.response({ system_id: 'smsc' }));
    say({ bound: pdu.system_id });
  });
  session.on('submit_sm', (pdu) => submit(session, pdu));
  session.on('enquire_link', (pdu) => session.send(pdu.response()));
  session.on('unbind', (pdu) => {
    say({ unbound: true });
    session.send(pdu.response());
    session.close();
  });
});

const port = Number(process.argv[2] || 0);
server.listen(port, '127.0.0.1', () => say({ port: server.address().port }));
process.stdin.on('end', () => process.exit(0));
process.stdin.resume();
